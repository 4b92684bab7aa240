/**
 * Looking at references: is it there, what does it hash to, what do the tests in it say. What cannot
 * be reached is unknown, never found. Nothing is thrown for what another system does.
 */
import { setTimeout as wait } from 'node:timers/promises'

import type { Reference, Sighting, TestResults, Wanted } from '@flagmarshal/domain/reference/model'
import { inWords } from '@flagmarshal/domain/reference/model'

import type { Clock } from '../clock.ts'
import type { FindIssue, Outgoing, Repositories } from '../integrations/interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database } from '../storage/database.ts'
import { probeTelemetry, selectUploads } from '../storage/references.ts'
import { seeChannels, seeIssue } from './look-up-issue.ts'
import { readTests } from './read-tests.ts'
import { seeConnection, seeMetric } from './see-connection.ts'
import type { MonitoringPrograms } from './see-connection.ts'
import { sha256Of } from './uploads.ts'

const LARGEST_PAGE_BYTES = 5 * 1024 * 1024
/** So many are looked at together. */
const AT_ONCE = 6
/** A decision waits no longer for everything that it rests on; what is not seen by then is unknown. */
const LONGEST_MS = 20_000

/** What looking needs. */
export interface ResolverParts {
  readonly database: Database
  readonly clock: Clock
  readonly outgoing: Outgoing
  readonly repositories: Repositories
  readonly findIssue: FindIssue
  readonly safe: Safe
  readonly monitoring: MonitoringPrograms
  /** For all that is looked at together; 20 s. */
  readonly longestMs?: number
}

export interface Resolver {
  /** What is seen at each of the places, in their order. */
  look(project: string, wanted: readonly Wanted[]): Promise<readonly Sighting[]>
}

type Seen = Pick<Sighting, 'state' | 'note' | 'hash' | 'bytes' | 'tests'>

/** A resolver that really looks. */
export function createResolver(parts: ResolverParts): Resolver {
  return {
    async look(project, wanted) {
      const ended = new AbortController()
      const late = wait(parts.longestMs ?? LONGEST_MS, true, { signal: ended.signal, ref: false })
      const tooLate = late.catch(() => false)
      let isLate = false
      void tooLate.then((it) => (isLate = it))
      const sightings: Sighting[] = []
      for (let at = 0; at < wanted.length; at += AT_ONCE) {
        const few = wanted.slice(at, at + AT_ONCE)
        const looks = few.map((it) => {
          const missed = tooLate.then(() => unseen(parts, it))
          return isLate ? missed : Promise.race([sight(parts, project, it), missed])
        })
        sightings.push(...(await Promise.all(looks)))
      }
      ended.abort()
      return sightings
    },
  }
}

/** What is not looked at, because everything before it took the time. */
function unseen({ clock }: ResolverParts, { place, subject }: Wanted): Sighting {
  const of = inWords(subject)
  return { place, of, state: 'unknown', note: `${of} was not seen in time`, at: clock.now() }
}

async function sight(parts: ResolverParts, project: string, wanted: Wanted): Promise<Sighting> {
  const { place, subject } = wanted
  const at = parts.clock.now()
  const seen = await see(parts, project, wanted)
  const ms = parts.clock.now().getTime() - at.getTime()
  return { place, of: inWords(subject), ...seen, ms: Math.max(0, ms), at }
}

async function see(parts: ResolverParts, project: string, { subject, tests }: Wanted): Promise<Seen> {
  switch (subject.kind) {
    case 'url':
      return await seeUrl(parts.outgoing, subject.url, tests)
    case 'git':
      return tests
        ? { state: 'absent', note: 'test results are read from uploads and URLs, not from git' }
        : await seeCommit(parts.repositories, subject)
    case 'upload':
      return await seeUpload(parts.database, project, subject.hash, tests)
    case 'jira':
      return await seeIssue({ ...parts, queries: parts.database.kysely }, project, subject.issue)
    case 'connection':
      return await seeConnection(parts, project, subject.connection)
    case 'metric':
      return await seeMetric(parts, project, subject)
    case 'probe':
      return subject.probe === 'channels'
        ? await seeChannels(parts.database.kysely, project)
        : await seeTelemetry(parts.database)
  }
}

async function seeUrl(outgoing: Outgoing, url: string, tests: boolean): Promise<Seen> {
  const answer = await outgoing.send({ method: 'GET', url, maxBytes: LARGEST_PAGE_BYTES })
  if (answer.kind !== 'answered') return { state: 'unknown', note: answer.why }
  const { status, body } = answer
  const host = URL.parse(url)?.host ?? 'it'
  if (status === 404 || status === 410) return { state: 'absent', note: `${host} answers ${status}` }
  if (status < 200 || status > 299) return { state: 'unknown', note: `${host} answers ${status}` }
  const seen: Seen = { state: 'found', hash: sha256Of(body), bytes: body.length }
  return tests ? { ...seen, tests: await testsIn(body) } : seen
}

async function seeCommit(
  repositories: Repositories,
  reference: Extract<Reference, { readonly kind: 'git' }>,
): Promise<Seen> {
  const answer = await repositories.find(reference)
  switch (answer.kind) {
    case 'found':
      return { state: 'found', hash: answer.object, note: `commit ${answer.commit}` }
    case 'absent':
      return { state: 'absent', note: answer.why }
    case 'failed':
    case 'refused':
      return { state: 'unknown', note: answer.why }
  }
}

// oxlint-disable-next-line max-params -- private; where, which, and what for
async function seeUpload({ kysely }: Database, project: string, hash: string, tests: boolean): Promise<Seen> {
  const [upload] = await selectUploads(kysely, project, [hash])
  if (upload === undefined) return { state: 'absent', note: `there is no upload ${hash.slice(0, 12)}` }
  const seen: Seen = { state: 'found', hash, bytes: upload.bytes }
  return tests ? { ...seen, tests: upload.tests ?? NEITHER } : seen
}

async function seeTelemetry({ kysely }: Database): Promise<Seen> {
  try {
    await probeTelemetry(kysely)
    return { state: 'found', hash: 'built-in-telemetry' }
  } catch {
    return { state: 'unknown', note: 'the built-in telemetry does not answer' }
  }
}

const NEITHER: TestResults = { unreadable: 'it is neither JUnit XML nor CTRF JSON' }

async function testsIn(content: Buffer): Promise<TestResults> {
  return (await readTests(content)) ?? NEITHER
}
