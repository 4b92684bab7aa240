/**
 * Importing flags from the format of another tool. Each flag is stored by the use cases that people
 * use, with all that they refuse; one that is refused is reported and hurts no other.
 */
import type { Import, ImportQuery } from '@flagmarshal/api/exchange'
import type { Flag, FlagConfigChange, NewFlag } from '@flagmarshal/api/flag'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Imported, ImportedFlag } from '@flagmarshal/domain/exchange/imported'
import { IMPORTERS } from '@flagmarshal/domain/exchange/importers'
import { orderedReport } from '@flagmarshal/domain/exchange/report'
import type { ReportLine } from '@flagmarshal/domain/exchange/report'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { JsonObject } from '@flagmarshal/evaluation'

import type { Context } from '../context.ts'
import { changeFlag } from '../flag/change.ts'
import { configureFlag } from '../flag/configure.ts'
import { createFlag } from '../flag/create.ts'
import type { FlagParts } from '../flag/ports.ts'
import { getFlag } from '../flag/read.ts'
import { engines } from '../json-logic.ts'
import { notFound } from '../refusals.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'
import { importSegment } from './import-segments.ts'
import type { SegmentReader } from './import-segments.ts'

/** Read a flag and a configuration as anybody may send them; a clause where they cannot be. */
export interface ImportReaders {
  readonly flag: (value: unknown) => NewFlag | string
  readonly config: (value: unknown) => FlagConfigChange | string
  readonly segment: SegmentReader
}

/** What is imported, where to, and what new flags are. */
export type ImportRequest = Pick<
  ImportQuery,
  'format' | 'environments' | 'owner' | 'layer' | 'kind' | 'dryRun' | 'skip' | 'take'
> & {
  readonly project: string
  readonly definition: JsonObject
}

/** What became of one flag. */
type Outcome = 'created' | 'updated' | 'unchanged'

/** Imports a definition of another tool into one environment. Refuses a project or environment that is not there. */
export async function importFlags(
  context: Context,
  parts: FlagParts,
  request: ImportRequest,
  readers: ImportReaders,
): Promise<Import | Refusal> {
  const { project } = request
  const [theirs = '*', environment = ''] = request.environments.split(':')
  if ((await selectProject(parts.database.kysely, project)) === undefined) return notFound('project', project)
  const environments = await selectEnvironments(parts.database.kysely, project)
  if (!environments.some((it) => it.key === environment)) return notFound('environment', environment)

  const imported = IMPORTERS[request.format](request.definition, {
    engines,
    environment: theirs,
    now: context.now,
  })
  const lines: ReportLine[] = [...imported.report]
  const place = { project, environment, dryRun: request.dryRun === 'true' }
  const taken = takenOf(imported, request)
  const segments = await each('segment', taken.segments, lines, (segment) =>
    importSegment(context, parts, segment, { place, read: readers.segment }),
  )
  const flags = await each('flag', taken.flags, lines, (flag) =>
    importFlag(context, parts, wantedOf(flag, request, environment), readers),
  )
  return { ...flags, segments, total: taken.total, report: orderedReport(lines) }
}

/** Segments first, then flags: as many of them as are asked for. */
function takenOf(
  { segments = [], flags }: Imported,
  { skip = 0, take = Infinity }: Pick<ImportRequest, 'skip' | 'take'>,
): Pick<Imported, 'flags'> & Required<Pick<Imported, 'segments'>> & { readonly total: number } {
  const before = segments.length
  return {
    segments: segments.slice(skip, skip + take),
    flags: flags.slice(Math.max(0, skip - before), Math.max(0, skip + take - before)),
    total: before + flags.length,
  }
}

/** What became of each, one after the other: whoever asks for another stands after it. */
async function each<Thing extends { readonly key: string }>(
  what: string,
  things: readonly Thing[],
  lines: ReportLine[],
  store: (thing: Thing) => Promise<Outcome | { readonly message: string }>,
): Promise<Record<Outcome, string[]>> {
  const done: Record<Outcome, string[]> = { created: [], updated: [], unchanged: [] }
  for (const thing of things) {
    const outcome = await store(thing)
    if (typeof outcome === 'string') done[outcome].push(thing.key)
    else lines.push({ severity: 'HIGH', entity: `${what} ${thing.key}`, message: outcome.message })
  }
  return done
}

interface Wanted {
  readonly project: string
  readonly environment: string
  readonly key: string
  readonly dryRun: boolean
  readonly definition: unknown
  readonly config: unknown
}

function wantedOf(flag: ImportedFlag, request: ImportRequest, environment: string): Wanted {
  const { key, valueType, variants, description, enabled, offVariant, rules, fallthrough } = flag
  const { prerequisites = [], permanentReason } = flag
  const { project, layer, owner, dryRun } = request
  return {
    project,
    environment,
    key,
    dryRun: dryRun === 'true',
    definition: {
      key,
      name: flag.name ?? key,
      kind: flag.kind ?? request.kind,
      valueType,
      variants,
      offVariant,
      layers: [layer],
      owner: flag.owner ?? owner,
      ...(description === undefined ? {} : { description }),
      ...(permanentReason === undefined ? {} : { permanentReason }),
    },
    config: { enabled, offVariant, prerequisites, rules, fallthrough },
  }
}

async function importFlag(
  context: Context,
  parts: FlagParts,
  wanted: Wanted,
  readers: ImportReaders,
): Promise<Outcome | { readonly message: string }> {
  const { project, key } = wanted
  const definition = readers.flag(wanted.definition)
  const config = readers.config(wanted.config)
  if (typeof definition === 'string') return leftOut(definition)
  if (typeof config === 'string') return leftOut(config)

  const found = await getFlag(parts.database, project, key)
  const before = isRefusal(found) ? undefined : found
  if (before !== undefined && before.valueType !== definition.valueType)
    return leftOut(`a ${before.valueType} flag with this key is there, and a type never changes`)
  if (wanted.dryRun) return before === undefined ? 'created' : 'updated'

  const stored =
    before === undefined
      ? await createFlag(context, parts, project, definition)
      : await redefined(context, parts, project, { before, definition })
  if (isRefusal(stored)) return leftOut(stored.message)
  const configured = await reconfigured(context, parts, wanted, { flag: stored, config })
  if (isRefusal(configured)) return { message: `Its configuration is not stored: ${configured.message}` }
  if (before === undefined) return 'created'
  return configured || stored.revision !== before.revision ? 'updated' : 'unchanged'
}

/** A flag that is there keeps its owner, name and kind; what it is worth is what the file says. */
async function redefined(
  context: Context,
  parts: FlagParts,
  project: string,
  { before, definition }: { readonly before: Flag; readonly definition: NewFlag },
): Promise<Flag | Refusal> {
  const variants = { ...before.variants, ...definition.variants }
  if (canonical(variants) === canonical(before.variants)) return before
  return await changeFlag(
    context,
    parts,
    { project, flag: before.key },
    { change: { variants }, ifMatch: before.revision },
  )
}

/** Whether the configuration changed. Rules keep their ids, so that a file that is imported again changes nothing. */
async function reconfigured(
  context: Context,
  parts: FlagParts,
  { project, environment, key }: Wanted,
  { flag, config }: { readonly flag: Flag; readonly config: FlagConfigChange },
): Promise<boolean | Refusal> {
  const current = flag.environments.find((it) => it.environment === environment)
  if (current === undefined) return notFound('flag', `${key} in ${environment}`)
  const own = current.rules.filter((it) => it.rollout === undefined)
  const rules = config.rules.map((rule, index) => {
    const id = own[index]?.id
    return id === undefined ? rule : { ...rule, id }
  })
  const change = { ...config, rules }
  const stored = await configureFlag(
    context,
    parts,
    { project, environment, flag: key },
    { change, ifMatch: current.revision },
  )
  return isRefusal(stored) ? stored : stored.revision !== current.revision
}

function leftOut(why: string): { readonly message: string } {
  return { message: `It is left out: ${why}` }
}
