/**
 * How every state looks: one word, one icon, one tone. The only table of its kind; unknown states are
 * neutral and say their own name, never green.
 */
import type { IconName } from './icons.tsx'

/** A tone is a colour of `styles.css`. */
type Tone = 'off' | 'moving' | 'go' | 'hold' | 'no-go' | 'back' | 'no-data'

export interface StatusVisual {
  readonly word: string
  readonly icon: IconName
  readonly tone: Tone
  /** It changes by itself: may pulse. */
  readonly live?: true
}

const visual = (word: string, icon: IconName, tone: Tone): StatusVisual => ({ word, icon, tone })

const STATES: Readonly<Record<string, StatusVisual>> = {
  // Verdicts.
  GO: visual('GO', 'check', 'go'),
  HOLD: visual('HOLD', 'pause', 'hold'),
  'NO-GO': visual('NO-GO', 'up', 'no-go'),
  'NO DATA': visual('NO DATA', 'question', 'no-data'),
  hold: visual('Hold', 'pause', 'hold'),
  // Decisions of a step.
  go: visual('Go', 'check', 'go'),
  'no-go': visual('No-Go', 'up', 'no-go'),
  // Runs.
  draft: visual('Draft', 'ring', 'off'),
  halted: visual('Halted', 'pause', 'hold'),
  open: visual('In progress', 'dot', 'moving'),
  awaiting_approval: visual('Awaiting approval', 'pause', 'hold'),
  approved: visual('Approved', 'check', 'go'),
  completed: visual('Completed', 'check', 'go'),
  reopened: visual('Reopened', 'back', 'hold'),
  aborted: visual('Aborted', 'cross', 'off'),
  blocked: visual('Blocked', 'up', 'no-go'),
  // Drafts.
  changes_requested: visual('Changes asked for', 'back', 'hold'),
  behind: visual('Behind what is live', 'back', 'hold'),
  published: visual('Published', 'check', 'go'),
  discarded: visual('Discarded', 'cross', 'off'),
  // Steps.
  locked: visual('Locked', 'lock', 'off'),
  stale: visual('Needs a new check', 'back', 'hold'),
  // Checks and inputs.
  pass: visual('Pass', 'check', 'go'),
  fail: visual('Fail', 'up', 'no-go'),
  unknown: visual('Unknown', 'question', 'no-data'),
  not_applicable: visual('Does not apply', 'ring', 'off'),
  not_in_this_version: visual('Not in this version', 'person', 'hold'),
  attested: visual('Attested', 'person', 'go'),
  overridden: visual('Overridden', 'person', 'hold'),
  provided: visual('Given', 'check', 'go'),
  kept: visual('Kept', 'lock', 'off'),
  missing: visual('Missing', 'up', 'no-go'),
  failing: visual('Failing', 'up', 'no-go'),
  coming_due: visual('Coming due', 'clock', 'hold'),
  // Rollouts.
  scheduled: visual('Scheduled', 'clock', 'off'),
  observing: { ...visual('Observing', 'dot', 'moving'), live: true },
  running: { ...visual('Advancing', 'dot', 'moving'), live: true },
  held: visual('Held', 'pause', 'hold'),
  paused: visual('Paused', 'pause', 'hold'),
  rolling_back: { ...visual('Rolling back', 'back', 'back'), live: true },
  rolled_back: visual('Rolled back', 'back', 'back'),
  rollback_failed: visual('Rollback failed', 'up', 'no-go'),
  // Flags and instances.
  on: visual('On', 'dot', 'moving'),
  off: visual('Off', 'ring', 'off'),
  connected: visual('Connected', 'check', 'go'),
  // Channels and deliveries.
  active: visual('Active', 'check', 'go'),
  disabled: visual('Disabled', 'cross', 'off'),
  waiting: visual('Waiting', 'clock', 'hold'),
  delivered: visual('Delivered', 'check', 'go'),
  dead: visual('Given up', 'up', 'no-go'),
  dropped: visual('Dropped', 'cross', 'off'),
  silent: visual('Silent', 'question', 'no-data'),
  ended: visual('Ended', 'cross', 'off'),
  unreachable: visual('Unreachable', 'question', 'no-data'),
  lost: visual('Lost', 'question', 'no-data'),
  left: visual('Ended', 'cross', 'off'),
}

/** How a state looks. */
export function statusVisual(state: string): StatusVisual {
  return STATES[state] ?? visual(state.replaceAll('_', ' '), 'question', 'no-data')
}
