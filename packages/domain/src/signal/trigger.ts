/**
 * Trigger facts that arrive as CloudEvents (P-T1, P-T2). Producers keep their own prefix: the last
 * two words of the type say what happened.
 */

/** What the last two words of a type stand for. */
const FACTS = {
  'documentation.completed': { kind: 'documentation', state: 'completed' },
  'documentation.inprogress': { kind: 'documentation', state: 'in_progress' },
  'acceptance.inprogress': { kind: 'acceptance', state: 'in_progress' },
  'acceptance.completed': { kind: 'acceptance', state: 'completed' },
  'feature.ready': { kind: 'feature_ready', state: 'ready' },
  'strategy.needed': { kind: 'strategy_needed', state: 'needed' },
  'orchestration.requested': { kind: 'orchestration', state: 'needed' },
} as const

export type EventFact = (typeof FACTS)[keyof typeof FACTS]

/** Every ending that is understood, for messages. */
export const EVENT_ENDINGS: readonly string[] = Object.keys(FACTS)

/** `org.example.acceptance.completed` → the fact; undefined for a type that says none. */
export function factOfType(type: string): EventFact | undefined {
  const ending = type.split('.').slice(-2).join('.')
  return isEnding(ending) ? FACTS[ending] : undefined
}

function isEnding(ending: string): ending is keyof typeof FACTS {
  return Object.hasOwn(FACTS, ending)
}
