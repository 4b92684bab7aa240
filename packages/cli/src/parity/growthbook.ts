/** GrowthBook's own engine: `@growthbook/growthbook`. People are known by `id` there. */
import type { EvaluationContext, JsonObject } from '@flagmarshal/evaluation'

import { usage } from '../failure.ts'
import { isObject } from '../given.ts'
import { ourEngine, valued, valueOf } from './adapter.ts'
import type { Adapter } from './adapter.ts'
import { otherwise } from './package.ts'

interface Client {
  initSync(options: { readonly payload: JsonObject }): Client
  evalFeature(key: string, user: { readonly attributes: object }): { readonly value: unknown }
}
interface Module {
  readonly GrowthBookClient: new () => Client
}

export const growthbook: Adapter = {
  package: '@growthbook/growthbook',
  tested: '1.8.0',
  open(given) {
    if (!isObject(given.definition['features']))
      throw usage(
        'Parity needs what SDKs of GrowthBook download; this file is of another shape.',
        'Take the answer of the address /api/features/<client key>, as docs/migrate-from-growthbook.md shows.',
      )
    const { GrowthBookClient } = given.load(growthbook.package) as Partial<Module>
    if (GrowthBookClient === undefined) throw otherwise(growthbook, 'GrowthBookClient')
    const client = new GrowthBookClient().initSync({ payload: given.definition })
    return {
      theirs: ({ name }, context) =>
        valued(client.evalFeature(name, { attributes: attributesOf(context) }).value),
      ours: ourEngine(given, valueOf),
    }
  },
}

function attributesOf({ targetingKey, ...rest }: EvaluationContext): object {
  return targetingKey === undefined ? rest : { ...rest, id: targetingKey }
}
