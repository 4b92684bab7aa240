/**
 * Ways out for signals: which kinds there are, and which signals a channel takes.
 */

/** What a channel speaks. */
export const CHANNEL_KINDS = ['webhook', 'slack', 'jira', 'pagerduty', 'mail'] as const
export type ChannelKind = (typeof CHANNEL_KINDS)[number]

/** `features/new-checkout/rollouts/…` → `features/new-checkout`: signals about one thing keep their order. */
export function laneOf(subject: string): string {
  return subject.split('/').slice(0, 2).join('/')
}
