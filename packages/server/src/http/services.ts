import type { Accounts } from '../access/accounts.ts'
import type { EventTokens } from '../access/event-token.ts'
/**
 * What handlers may use: built once by `app.ts`. A noun that keeps something in memory adds its
 * part here and in `app.ts`.
 */
import type { SourceParts } from '../analysis/sources.ts'
import type { Clock } from '../clock.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { EvaluationLimit } from '../delivery/evaluation-limit.ts'
import type { FlagPorts } from '../flag/ports.ts'
import type { DocumentStore, Outgoing } from '../integrations/interfaces.ts'
import type { SignInProvider } from '../integrations/sign-in-interfaces.ts'
import type { Metrics } from '../metrics.ts'
import type { Readiness } from '../readiness.ts'
import type { Resolver } from '../reference/resolver.ts'
import type { RolloutPorts } from '../rollout/ports.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database } from '../storage/database.ts'
import type { Exercises } from '../verification/exercises.ts'
import type { Monitoring } from '../wire-monitoring.ts'

/** What the HTTP layer itself needs. */
export interface HttpServices {
  readonly accounts: Pick<Accounts, 'publicUrl'>
  readonly clock: Clock
  readonly metrics: Metrics
}

/** What the process says about itself with. */
export type ProcessServices = Pick<Services, 'readiness' | 'metrics'>

/** What SDKs are served with. */
export interface SdkServices {
  readonly delivery: Pick<Delivery, 'follow' | 'polled' | 'acknowledge' | 'report'> & {
    readonly environments: Pick<Delivery['environments'], 'get'>
  }
}

/** What evaluating over HTTP needs. */
export interface EvaluationServices extends Pick<Services, 'evaluationLimit' | 'eventTokens' | 'safe'> {
  readonly delivery: Pick<Delivery, 'follow' | 'asked' | 'metrics'> & {
    readonly environments: Pick<Delivery['environments'], 'get' | 'now' | 'fresh'>
  }
}

/** What taking in what pages used needs. */
export interface ExposureServices extends EvaluationServices {
  readonly delivery: EvaluationServices['delivery'] & Pick<Delivery, 'exposed'>
}

export interface Services {
  readonly database: Database
  readonly clock: Clock
  /** What local accounts need beside the database. */
  readonly accounts: Accounts
  readonly readiness: Readiness
  readonly metrics: Metrics
  readonly flagPorts: FlagPorts
  readonly rolloutPorts: RolloutPorts
  readonly delivery: Delivery
  /** How many evaluations over HTTP a key may ask for. */
  readonly evaluationLimit: EvaluationLimit
  /** What opens the event streams of browsers. */
  readonly eventTokens: EventTokens
  /** Carries out verification runs and drills. */
  readonly exercises: Exercises
  /** The way out for requests to other servers. */
  readonly outgoing: Outgoing
  /** The provider that people sign in at. */
  readonly provider: SignInProvider
  /** Seals and opens the secrets of channels. */
  readonly safe: Safe
  /** The repositories that documents are published to. */
  readonly documents: DocumentStore
  /** Looks at references. */
  readonly resolver: Resolver
  /** Where criteria and metrics are counted. */
  readonly sources: SourceParts
  /** Asks monitoring programs. */
  readonly monitoring: Monitoring
}
