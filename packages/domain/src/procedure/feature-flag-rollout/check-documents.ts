import { documentsOf, findingsOf } from '../../runbook/documents.ts'
import type { DocumentFacts } from '../../runbook/facts.ts'
/**
 * The checks of step 6: every document is complete, published, and says what is configured now.
 */
import { differences } from '../bundle.ts'
import type { CheckOutcome, JsonObject } from '../run.ts'
import type { DocumentStanding, FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** The most differences that a finding names. */
const NAMED = 5

/** P-S6-1 and P-S6-7: the flag configuration, with its own outline. */
export function checkFlagDocument(facts: FlagRolloutFacts): CheckOutcome {
  return complete(facts, (name) => name === 'flag-configuration')
}

/** P-S6-2. */
export function checkPlanDocument(facts: FlagRolloutFacts): CheckOutcome {
  return complete(facts, (name) => name === 'rollout-plan')
}

/** P-S6-3: the runbook's sections and the page of each alert, written into the runbook files. */
export function checkRunbooks(facts: FlagRolloutFacts): CheckOutcome {
  const built = complete(facts, (name) => name === 'runbook-insert' || name.startsWith('alert'))
  const { published } = facts.documents
  if (published === undefined) return notPublished(facts.documents)
  if (built.state !== 'pass') return built
  const { runbooks } = published
  return outcome(runbooks.length === 0 ? ['no runbook was updated'] : [], { runbooks: [...runbooks] })
}

/** P-S6-4. */
export function checkReference(facts: FlagRolloutFacts): CheckOutcome {
  const names = ['flag-reference', 'toggle-procedure', 'troubleshooting']
  return complete(facts, (name) => names.includes(name))
}

/** P-S5-7. */
export function checkRollbackDocument(facts: FlagRolloutFacts): CheckOutcome {
  return complete(facts, (name) => name === 'rollback-procedures')
}

/** P-S6-5: the link and the commit are the evidence. */
export function checkPublished({ documents }: FlagRolloutFacts): CheckOutcome {
  const { published, now } = documents
  if (published === undefined) return notPublished(documents)
  if (now === undefined) return unknown('the documents were not looked at')
  const wanted = documentsOf(now).map((it) => it.name)
  const there = Object.keys(published.documents)
  return outcome(
    wanted.filter((it) => !there.includes(it)).map((it) => `${it} is not in the repository`),
    {
      remote: published.remote,
      branch: published.branch,
      path: published.path,
      commit: published.commit,
      documents: published.documents,
    },
  )
}

/** P-S6-6: no section is missing or empty, and what was published is what is configured. */
export function checkDrift({ documents }: FlagRolloutFacts): CheckOutcome {
  const { published, now } = documents
  if (now === undefined) return unknown('the documents were not looked at')
  const findings = Object.values(findingsOf(documentsOf(now))).flat()
  if (published?.facts === undefined) {
    return findings.length > 0 ? outcome(findings) : notPublished(documents)
  }
  return outcome([...findings, ...drift(published.facts, now)], { commit: published.commit })
}

/** Where what is configured differs from what was published; one sentence, or none. */
export function drift(published: JsonObject, now: DocumentFacts): readonly string[] {
  const json: JsonObject = JSON.parse(JSON.stringify(now))
  const places = differences(published, json)
  if (places.length === 0) return []
  const named = places.slice(0, NAMED).join(', ')
  const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : ''
  return [`what is configured differs from what was published: ${named}${more}; publish again`]
}

function notPublished({ now }: DocumentStanding): CheckOutcome {
  const how = now === undefined ? '' : `: flagmarshal docs publish ${now.feature.key}`
  return unknown(`the documents are not published yet${how}`)
}

function complete({ documents }: FlagRolloutFacts, wanted: (name: string) => boolean): CheckOutcome {
  if (documents.now === undefined) return unknown('the documents were not looked at')
  const built = documentsOf(documents.now)
  const findings = Object.entries(findingsOf(built))
  return outcome(
    findings.filter(([name]) => wanted(name)).flatMap(([, it]) => it),
    { documents: built.map((it) => it.name).filter(wanted) },
  )
}
