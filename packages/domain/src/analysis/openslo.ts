/**
 * OpenSLO v1 ratio objectives as criteria: what is bad or good of how many is exactly what a
 * criterion counts, and the target becomes its ceiling. OpenSLO knows no control, no stage and no
 * effect of a breach; these keep the defaults of a criterion, to be set in the plan.
 *
 * Format: https://github.com/OpenSLO/OpenSLO (openslo/v1: SLO, SLI, DataSource).
 */
import { refuse, isRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { guardrail } from '../rollout/plan.ts'
import type { Guardrail, PrometheusSource } from './model.ts'
import { queryFaults, queryForm } from './query.ts'

/** A document as it was parsed. */
export type SloDocument = Readonly<Record<string, unknown>>

/** Which connection stands for a data source: by its name, else the one for all. */
export interface SloConnections {
  readonly all?: string
  readonly byDataSource?: Readonly<Record<string, string>>
}

/** One guardrail for each objective of each SLO among the documents; SLIs and data sources are found by name. */
export function criteriaOfSlos(
  documents: readonly unknown[],
  connections: SloConnections,
): readonly Guardrail[] | Refusal {
  const known = documents.filter(isObject)
  const slos = known.filter((it) => it['kind'] === 'SLO')
  if (slos.length === 0) return fault('there is no document of the kind SLO')
  const foreign = known.find((it) => it['apiVersion'] !== 'openslo/v1')
  if (foreign !== undefined) return fault(`${nameOf(foreign)} is not of apiVersion openslo/v1`)
  const criteria: Guardrail[] = []
  for (const slo of slos) {
    const made = criteriaOf(slo, known, connections)
    if (isRefusal(made)) return made
    criteria.push(...made)
  }
  const twice = criteria.find((it, index) => criteria.findIndex(({ id }) => id === it.id) !== index)
  return twice === undefined ? criteria : fault(`two objectives would be called ${twice.id}`)
}

function criteriaOf(
  slo: SloDocument,
  known: readonly SloDocument[],
  connections: SloConnections,
): readonly Guardrail[] | Refusal {
  const name = nameOf(slo)
  const spec = objectAt(slo, 'spec')
  const method = spec['budgetingMethod']
  if (method !== undefined && method !== 'Occurrences') {
    return fault(`${name} budgets by ${textOf(method)}: only occurrences are a share of events`)
  }
  const source = sourceOf(name, spec, known, connections)
  if (isRefusal(source)) return source
  const objectives = Array.isArray(spec['objectives']) ? spec['objectives'].filter(isObject) : []
  if (objectives.length === 0) return fault(`${name} has no objective`)
  const made: Guardrail[] = []
  for (const [index, objective] of objectives.entries()) {
    const target = targetOf(objective)
    if (target === undefined) return fault(`${name} has an objective without a target between 0 and 1`)
    const id = idOf(objectives.length === 1 ? name : `${name}-${index + 1}`)
    // 1 - 0.999 is 0.0010000000000000009.
    const ceiling = Number((1 - target).toPrecision(12))
    made.push(guardrail(id, { ...source, slo: name }, { ceiling }))
  }
  return made
}

// oxlint-disable-next-line max-params -- the SLO by its name, and what is around it
function sourceOf(
  name: string,
  spec: SloDocument,
  known: readonly SloDocument[],
  connections: SloConnections,
): PrometheusSource | Refusal {
  const ref = spec['indicatorRef']
  const indicator = isObject(spec['indicator'])
    ? spec['indicator']
    : known.find((it) => it['kind'] === 'SLI' && nameOf(it) === ref)
  if (indicator === undefined) return fault(`${name} names no SLI that is here`)
  const ratio = objectAt(objectAt(indicator, 'spec'), 'ratioMetric')
  const [total, bad, good] = ['total', 'bad', 'good'].map((it) => queryAt(ratio, it))
  if (total === undefined || (bad === undefined) === (good === undefined)) {
    return fault(`${name} is no ratio of bad or good events to all of them`)
  }
  const connection = connectionOf(
    name,
    objectAt(objectAt(ratio, 'total'), 'metricSource'),
    known,
    connections,
  )
  if (isRefusal(connection)) return connection
  const source: PrometheusSource = {
    kind: 'prometheus',
    connection,
    total,
    ...(bad === undefined ? {} : { bad }),
    ...(good === undefined ? {} : { good }),
  }
  const [wrong] = queryFaults(source)
  if (wrong !== undefined) return fault(`${name}: ${wrong}`)
  if (ratio['counter'] !== true && queryForm(total) === 'selector') {
    return fault(`${name} does not say that its metrics are counters`)
  }
  return source
}

// oxlint-disable-next-line max-params -- as above
function connectionOf(
  name: string,
  metricSource: SloDocument,
  known: readonly SloDocument[],
  { all, byDataSource = {} }: SloConnections,
): string | Refusal {
  const ref = metricSource['metricSourceRef']
  const source = known.find((it) => it['kind'] === 'DataSource' && nameOf(it) === ref)
  const type = textOf(metricSource['type'] ?? objectAt(source ?? {}, 'spec')['type'] ?? 'Prometheus')
  if (type.toLowerCase() !== 'prometheus') {
    return fault(`${name} is measured with ${type}; only Prometheus is asked`)
  }
  const connection = (typeof ref === 'string' ? byDataSource[ref] : undefined) ?? all
  return connection ?? fault(`no connection is named for ${textOf(ref ?? name)}`)
}

/** The query of one side; a sum over everything is left out, since arms are summed here. */
function queryAt(ratio: SloDocument, side: string): string | undefined {
  const query = objectAt(objectAt(objectAt(ratio, side), 'metricSource'), 'spec')['query']
  if (typeof query !== 'string') return undefined
  const filled = query.trim().replaceAll(/\{\{\s*\.window\s*\}\}/g, '$window')
  const inner = /^sum\s*\(\s*(.*)\s*\)$/s.exec(filled)?.[1]?.trim()
  return inner !== undefined && queryForm(inner) === 'selector' ? inner : filled
}

function targetOf({ target, targetPercent }: SloDocument): number | undefined {
  const share =
    typeof target === 'number' ? target : typeof targetPercent === 'number' ? targetPercent / 100 : 0
  return share > 0 && share < 1 ? share : undefined
}

function idOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
}

function nameOf(document: SloDocument): string {
  const name = objectAt(document, 'metadata')['name']
  return typeof name === 'string' && idOf(name) !== '' ? name : 'unnamed'
}

function objectAt(of: SloDocument, name: string): SloDocument {
  const value = of[name]
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is SloDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fault(what: string): Refusal {
  return refuse(
    'slo-not-usable',
    `This cannot be a criterion: ${what}.`,
    'Write an OpenSLO v1 ratio objective.',
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
