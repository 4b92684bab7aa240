/**
 * What arrives as CloudEvents: trigger facts (P-T1, P-T2) and incidents, which keep rollouts where they
 * are. Producers keep their own prefix: the last two words of the type say what happened, before the
 * version that CDEvents ends its types with.
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

/** What the last two words say of an incident: https://github.com/cdevents/spec/blob/main/continuous-operations.md */
const INCIDENTS: Readonly<Record<string, 'begun' | 'over'>> = {
  'incident.detected': 'begun',
  'incident.reported': 'begun',
  'incident.resolved': 'over',
}

/** Every ending that is understood, for messages. */
export const EVENT_ENDINGS: readonly string[] = [...Object.keys(FACTS), ...Object.keys(INCIDENTS)]

/** `org.example.acceptance.completed` → the fact; undefined for a type that says none. */
export function factOfType(type: string): EventFact | undefined {
  const ending = endingOf(type)
  return isEnding(ending) ? FACTS[ending] : undefined
}

/** `dev.cdevents.incident.detected.0.2.0` → an incident has begun; undefined for a type that is of none. */
export function incidentOfType(type: string): 'begun' | 'over' | undefined {
  const ending = endingOf(type)
  return Object.hasOwn(INCIDENTS, ending) ? INCIDENTS[ending] : undefined
}

function endingOf(type: string): string {
  return type
    .replace(/\.\d+\.\d+\.\d+(-\w+)?$/, '')
    .split('.')
    .slice(-2)
    .join('.')
}

function isEnding(ending: string): ending is keyof typeof FACTS {
  return Object.hasOwn(FACTS, ending)
}
