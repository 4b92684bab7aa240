/**
 * What has to be looked at for each input: its references, and the sources that must answer.
 */
import type { Reference, Wanted } from '../../reference/model.ts'
import type { JsonObject } from '../run.ts'

/** The references in the values, by where they stand; each value was parsed before it came here. */
interface Values {
  readonly reference: Reference
  readonly layers: readonly { readonly layer: string; readonly reference: Reference }[]
  readonly results: readonly Reference[]
  readonly logging?: Reference
  readonly metrics?: Reference
  readonly alerting?: Reference
  readonly references: readonly Reference[]
  readonly source?: 'built-in-telemetry' | { readonly connection: string }
  readonly named?: readonly string[]
  /** P-I11. */
  readonly connection?: string
}

/** What to look at for an input's value; empty for inputs that hold all there is. */
export function wantedOf(input: string, value: JsonObject): readonly Wanted[] {
  const given = value as unknown as Values
  switch (input) {
    case 'P-I1':
    case 'P-I6':
    case 'P-I12':
      return [wanted('reference', given.reference)]
    case 'P-I2':
      return given.layers.map((it, index) => wanted(`${it.layer} ${index + 1}`, it.reference))
    case 'P-I3':
      return given.results.map((it, index) => ({
        ...wanted(`results ${index + 1}`, it),
        tests: true,
      }))
    case 'P-I4':
      return [
        ...(['logging', 'metrics', 'alerting'] as const).flatMap((place) => {
          const reference = given[place]
          return reference === undefined ? [] : [wanted(place, reference)]
        }),
        ...sourceOf(given),
      ]
    case 'P-I5':
      return given.references.map((it, index) => wanted(`runbook ${index + 1}`, it))
    case 'P-I11':
      return [
        given.connection === undefined ? TELEMETRY : connected(given.connection),
        { place: 'channels', subject: { kind: 'probe', probe: 'channels' }, tests: false },
      ]
    default:
      return []
  }
}

const TELEMETRY: Wanted = {
  place: 'metrics source',
  subject: { kind: 'probe', probe: 'built-in-telemetry' },
  tests: false,
}

/** The source of metrics, and those of a connection that must be there. */
function sourceOf({ source, named = [] }: Values): readonly Wanted[] {
  if (source === undefined || source === 'built-in-telemetry') return [TELEMETRY]
  const { connection } = source
  const metrics = named.map((metric): Wanted => {
    return { place: `metric ${metric}`, subject: { kind: 'metric', connection, metric }, tests: false }
  })
  return [connected(connection), ...metrics]
}

function connected(connection: string): Wanted {
  return { place: 'metrics source', subject: { kind: 'connection', connection }, tests: false }
}

function wanted(place: string, subject: Reference): Wanted {
  return { place, subject, tests: false }
}
