import { usage } from '../failure.ts'
/** flagd's own engine: `@openfeature/flagd-core`, which its providers for JavaScript evaluate with. */
import { isObject } from '../given.ts'
import { ourEngine, valued, valueOf } from './adapter.ts'
import type { Adapter } from './adapter.ts'
import { otherwise } from './package.ts'

interface Core {
  setConfigurations(definition: string): unknown
  resolve(
    type: string,
    key: string,
    standard: undefined,
    context: object,
    logger: object,
  ): { readonly value?: unknown; readonly errorCode?: string }
}
interface Module {
  readonly FlagdCore: new (storage: undefined, logger: object) => Core
}

const QUIET = { error() {}, warn() {}, info() {}, debug() {} }

export const flagd: Adapter = {
  package: '@openfeature/flagd-core',
  tested: '4.0.1',
  open(given) {
    if (!isObject(given.definition['flags']))
      throw usage('The file has no flags.', 'Give a flagd definition: {"flags": {…}}.')
    const { FlagdCore } = given.load(flagd.package) as Partial<Module>
    if (FlagdCore === undefined) throw otherwise(flagd, 'FlagdCore')
    const core = new FlagdCore(undefined, QUIET)
    core.setConfigurations(JSON.stringify(given.definition))
    return {
      theirs({ flag, name }, context) {
        const { value, errorCode } = core.resolve(flag.valueType, name, undefined, context, QUIET)
        return valued(errorCode === undefined ? value : undefined)
      },
      ours: ourEngine(given, valueOf),
    }
  },
}
