/**
 * Who was really told of something (P-EX4): for each name what became of the message, by mail to it
 * alone or, where no address is known, by the channels that take the signal.
 */

/** A delivery of the signal; `recipient` where it went to one name alone. */
export interface TellingDelivery {
  readonly id: string
  readonly channel: string
  readonly recipient?: string
  readonly state: 'waiting' | 'delivered' | 'dead' | 'dropped'
  /** What the last attempt ran into. */
  readonly why?: string
  /** Hash of the evidence, once it has ended. */
  readonly evidence?: string
}

/** One name and what became of telling it. `nobody`: no channel takes the signal. */
export interface Told {
  readonly name: string
  readonly state: 'delivered' | 'waiting' | 'failed' | 'nobody'
  /** `personal`: to this name alone; `shared`: by a channel that others read too. */
  readonly how: 'personal' | 'shared' | 'none'
  readonly channels: readonly string[]
  readonly why?: string
  readonly evidence: readonly string[]
}

/** Each name with what became of telling it, in their order. */
export function toldOf(names: readonly string[], deliveries: readonly TellingDelivery[]): readonly Told[] {
  const shared = deliveries.filter((it) => it.recipient === undefined)
  return names.map((name) => {
    const own = deliveries.filter((it) => it.recipient === name)
    const of = own.length > 0 ? own : shared
    if (of.length === 0) return { name, state: 'nobody', how: 'none', channels: [], evidence: [] }
    const state = stateOf(of)
    const why = state === 'delivered' ? undefined : of.find((it) => it.why !== undefined)?.why
    return {
      name,
      state,
      how: own.length > 0 ? 'personal' : 'shared',
      channels: of.map((it) => it.channel),
      ...(why === undefined ? {} : { why }),
      evidence: of.flatMap((it) => (it.evidence === undefined ? [] : [it.evidence])),
    }
  })
}

/** One that arrived is enough; while one waits nothing has failed. */
function stateOf(deliveries: readonly TellingDelivery[]): 'delivered' | 'waiting' | 'failed' {
  if (deliveries.some((it) => it.state === 'delivered')) return 'delivered'
  return deliveries.some((it) => it.state === 'waiting') ? 'waiting' : 'failed'
}
