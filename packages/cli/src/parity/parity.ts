/**
 * `flagmarshal import <file> --parity`: whether the flags of a file answer here what the vendor's own
 * engine answers. It runs where the command line runs, with the package that the user has installed; the
 * server depends on no vendor's package, is not asked, and stores nothing.
 */
import { flagOf } from '@flagmarshal/domain/exchange/imported'
import type { ImportedFlag } from '@flagmarshal/domain/exchange/imported'
import { IMPORTERS } from '@flagmarshal/domain/exchange/importers'
import type { ImportFormat } from '@flagmarshal/domain/exchange/importers'
import type { ReportLine } from '@flagmarshal/domain/exchange/report'
import type { JsonObject } from '@flagmarshal/evaluation'

import { EXIT } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { usage } from '../failure.ts'
import { progress } from '../progress.ts'
import type { Session } from '../session.ts'
import type { Adapter } from './adapter.ts'
import { compare } from './compare.ts'
import type { FlagParity } from './compare.ts'
import { flagd } from './flagd.ts'
import { growthbook } from './growthbook.ts'
import { engines } from './json-logic.ts'
import { launchDarkly } from './launchdarkly.ts'
import { installed } from './package.ts'
import { unleash } from './unleash.ts'

/** The engine of each format; none where the vendor publishes none. */
const ADAPTERS: Readonly<Record<ImportFormat, Adapter | undefined>> = {
  flagd,
  growthbook,
  launchdarkly: launchDarkly,
  goff: undefined,
  unleash,
}

/** What is compared: a file of one format. */
export interface ParityRequest {
  readonly format: string
  readonly definition: JsonObject
  /** Their name of the environment; `*` where the format has none. */
  readonly environment: string
  /** Contexts for each flag. */
  readonly count: number
  /** The folder whose node_modules have the vendor's package. */
  readonly folder: string
  readonly now: Date
}

/** How a file came out. */
export interface Parity {
  readonly package: string
  /** As it is installed. */
  readonly version: string
  readonly tested: string
  readonly flags: readonly FlagParity[]
  readonly report: readonly ReportLine[]
}

/** Compares, prints a line for each flag, and ends with 10 where one is answered in two ways. */
export async function reportParity(
  session: Session,
  request: ParityRequest,
  end: (code: ExitCode) => void,
): Promise<void> {
  const bar = progress(session.streams, session.quiet, 'flags compared')
  const parity = await parityOf(request, (count, of) => bar.at(count, of)).finally(() => bar.end())
  if (parity.version !== parity.tested)
    session.say(
      `${parity.package} is ${parity.version} here; the comparison is tested with ${parity.tested}.`,
    )
  if (!session.json)
    for (const { severity, entity, message } of parity.report)
      session.say(`${severity}  ${entity}: ${message}`)
  session.rows(
    parity,
    ['flag', 'contexts', 'equal', 'different', 'first difference'],
    parity.flags.map((it) => rowOf(it, parity.package)),
  )
  if (parity.flags.some((it) => it.different > 0)) end(EXIT.drift)
}

/** Compares the flags of a file. Throws a Failure where there is no engine to compare with. */
export async function parityOf(
  { format, definition, environment, count, folder, now }: ParityRequest,
  at: (count: number, of: number) => void,
): Promise<Parity> {
  const adapter = adapterOf(format)
  const { load, version } = installed(adapter, folder)
  const imported = IMPORTERS[format as ImportFormat](definition, { engines, environment, now })
  const served = { flags: imported.flags.map(flagOf), segments: imported.segments ?? [] }
  const pair = await adapter.open({ load, definition, served, engines })
  try {
    const flags = imported.flags.map((it) => ({ flag: flagOf(it), name: nameOf(it, adapter) }))
    const compared = await compare(pair, { adapter, served, flags, count, at })
    return {
      package: adapter.package,
      version,
      tested: adapter.tested,
      flags: compared,
      report: imported.report,
    }
  } finally {
    await pair.close?.()
  }
}

function adapterOf(format: string): Adapter {
  if (!Object.hasOwn(ADAPTERS, format))
    throw usage(`There is no format ${format}.`, `Formats are ${Object.keys(ADAPTERS).join(', ')}.`)
  const adapter = ADAPTERS[format as ImportFormat]
  if (adapter !== undefined) return adapter
  throw usage(
    'GO Feature Flag has no engine on npm: its provider asks a server, so there is nothing to compare with.',
    'Compare some of your users one by one: flagmarshal flag explain <flag> -e <environment> --user <key>',
  )
}

/** What a flag is called in the file. */
function nameOf({ key, name }: ImportedFlag, adapter: Adapter): string {
  return adapter.namesFlags === true ? (name ?? key) : key
}

function rowOf(
  { flag, contexts, equal, different, first, notCompared }: FlagParity,
  theirs: string,
): string[] {
  const numbers = [contexts, equal, different].map(String)
  if (notCompared !== undefined) return [flag, ...numbers, `not compared: ${notCompared}`]
  if (first === undefined) return [flag, ...numbers, '–']
  const [context, there, here] = [first.context, first.theirs, first.ours].map((it) => JSON.stringify(it))
  return [flag, ...numbers, `${context}: ${there} by ${theirs}, ${here} here`]
}
