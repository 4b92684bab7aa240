import type { Queries } from '../storage/database.ts'
/**
 * What delivery asks of rollouts above it: `app.ts` puts it in.
 */
import type { EnvironmentKey } from '../storage/snapshots.ts'

/** Where an attempt of a rollout counts, in windows of what length, and which variant it is about. */
export interface RolloutWindow extends EnvironmentKey {
  readonly windowMs: number
  readonly treatment: string
}

export interface DeliveryPorts {
  /** The window of an attempt, running or ended; undefined if there is no such attempt. It never changes. */
  windowOf(queries: Queries, rollout: string, attempt: number): Promise<RolloutWindow | undefined>
  /** The shortest window of the rollouts that run in an environment; undefined where none runs. */
  shortestWindowMs(queries: Queries, project: string, environment: string): Promise<number | undefined>
}
