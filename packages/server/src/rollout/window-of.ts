/** What delivery must know of rollouts: where an attempt counts, and in windows of what length. */
import type { DeliveryPorts } from '../delivery/ports.ts'
import { selectRolloutWindow, selectShortestWindowMs } from '../storage/rollout-surroundings.ts'

/** The ports of delivery, answered from the rollouts' table. */
export const rolloutWindows: DeliveryPorts = {
  windowOf: selectRolloutWindow,
  shortestWindowMs: selectShortestWindowMs,
}
