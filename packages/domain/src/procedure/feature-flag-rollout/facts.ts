/**
 * What the checks of the feature-flag rollout procedure look at: the run's inputs and outputs, and
 * the flag system as it is at this moment. Loaded once before the checks run; nothing here is asked
 * again while they do.
 */
import type { Engines, Flag, FlagKind, Layer, Prerequisite, Segment } from '@flagmarshal/evaluation'

import type { MetricTrial } from '../../analysis/metric.ts'
import type { Served } from '../../dashboard/built-in-panel.ts'
import type { MonitoringFound, MonitoringSighting } from '../../monitoring/found.ts'
import type { CodeReferences } from '../../reference/code-references.ts'
import type { TestResults } from '../../reference/model.ts'
import type { AlertDrillFound, RollbackDrillFound } from '../../rollback/drill.ts'
import type { HookPart } from '../../rollback/hook.ts'
import type { DocumentFacts } from '../../runbook/facts.ts'
import type { Kept, VerificationFound } from '../../verification/model.ts'
import type { JsonObject } from '../run.ts'
import type { PlanTraffic } from './check-power.ts'
import type { Outputs } from './outputs.ts'

export interface FlagRolloutFacts {
  readonly outputs: Outputs
  readonly inputs: InputFacts
  readonly environments: readonly EnvironmentFacts[]
  /** What the engine needs for imported conditions; no fact, so it counts in no hash. */
  readonly engines?: Engines
  /** The feature's flag; undefined while there is none. */
  readonly flag?: FlagFacts
  /** What became of telling the ticket of the plan; undefined while no approval is asked for. */
  readonly ticket?: TicketFacts
  /** SDK keys of servers that are not revoked, in any environment. */
  readonly serverKeys: number
  readonly documents: DocumentStanding
  /** Loaded for the checks alone. */
  readonly exercises?: ExerciseFacts
  /** The monitoring systems that are connected for the plan's environment; loaded for the checks alone. */
  readonly connected?: ConnectedFacts
  /** What a rollback could rest on; loaded for the checks alone. */
  readonly rollback?: RollbackSurroundings
  /** What came of asking for criteria and metrics; absent where the step does not rest on them. */
  readonly trials?: readonly MetricTrial[]
  /** The rules of the alerts that triggers name; loaded for the checks of step 5 alone. */
  readonly alertRules?: AlertLookup
  /** Whether the storage takes changes. */
  readonly writable: boolean
  /** Code references of the project, and the keys of its flags. */
  readonly code: { readonly all: readonly CodeReferences[]; readonly flags: readonly string[] }
  /** What the uploads that the outputs name say as test results, by hash; absent: there is none. */
  readonly tests: Readonly<Record<string, TestResults>>
  /** Lines in the uploads that step 4 names as what the log query returned, by hash; loaded for the checks alone. */
  readonly logs?: Readonly<Record<string, number>>
  /** The traffic that the plan is tried on; loaded for the checks of the plan alone. */
  readonly traffic?: PlanTraffic
}

/** As much as people write and give: what a check rests on that can be asked while somebody is writing. */
export type WrittenFacts = Pick<FlagRolloutFacts, 'outputs' | 'inputs' | 'rollback' | 'trials' | 'alertRules'>

/** What the connected Prometheus systems have loaded under the names of alerts. */
export interface AlertLookup {
  readonly rules: readonly AlertRuleFound[]
  /** Connections that answered. */
  readonly asked: readonly string[]
  /** Those that did not, with the reason. */
  readonly failed: readonly string[]
}

/** A rule of an alert, as it is loaded. */
export interface AlertRuleFound {
  readonly alert: string
  readonly connection: string
  readonly group: string
  readonly file: string
  readonly query: string
  /** `ok`, `err` or `unknown`. */
  readonly health: string
  /** Its expression in Prometheus. */
  readonly link: string
}

export interface ConnectedFacts {
  readonly prometheus: boolean
  readonly alertmanager: boolean
  readonly grafana: boolean
}

/** Hooks with what has been shown of them, who may report, and what sends alerts. */
export interface RollbackSurroundings {
  readonly hooks: readonly HookFacts[]
  /** Those who are named: people by id or name, and roles. */
  readonly people: readonly string[]
  /** Sources that send alerts. */
  readonly sources: readonly string[]
  /** The procedure of another system that step 5 hands over to, where its definition was uploaded. */
  readonly handover?: ForeignProcedure | { readonly unreadable: string }
}

/** As much of another system's procedure as is compared. */
export interface ForeignProcedure {
  readonly id: string
  readonly version: number
  readonly steps: readonly { readonly id: string; readonly checks: readonly string[] }[]
}

/** One version of a hook that the outputs name. */
export interface HookFacts {
  readonly key: string
  readonly version: number
  readonly part: HookPart
  /** Whether it has a staging target, or why it has none. */
  readonly staging: true | { readonly none: string }
  /** Runs that succeeded: really on staging, and without changing anything. */
  readonly ranOnStaging?: string
  readonly rehearsed?: string
}

/** The newest verification run and drills that came to their end. */
export interface ExerciseFacts {
  readonly verification?: Kept<VerificationFound>
  readonly alert?: Kept<AlertDrillFound>
  readonly rollback?: Kept<RollbackDrillFound>
  readonly monitoring: {
    /** Whether an instance is connected where the plan rolls out. */
    readonly status: boolean
    /** Whether an instance has reported requests of the flag in the last hour, in any environment. */
    readonly usage: boolean
    /** What was served in that hour, and where. */
    readonly served?: readonly Served[]
    /** What was set up in monitoring systems last. */
    readonly setup?: Kept<MonitoringFound>
    /** What was seen of it since; absent where nothing was set up. */
    readonly sighting?: MonitoringSighting
  }
}

/** The run's documents: what they would say now, and what was published last. */
export interface DocumentStanding {
  /** Loaded for the checks alone. */
  readonly now?: DocumentFacts
  readonly published?: PublishedDocuments
}

export interface PublishedDocuments {
  readonly remote: string
  readonly branch: string
  readonly path: string
  readonly commit: string
  /** Files of others that carry our sections. */
  readonly runbooks: readonly string[]
  /** SHA-256 of each document's body, by name. */
  readonly documents: Readonly<Record<string, string>>
  /** What they were made from; loaded for the checks alone. */
  readonly facts?: JsonObject
}

/** The ticket's update after the approval, as its ticket system answered. */
export interface TicketFacts {
  /** Whether the project has an active channel to a ticket system. */
  readonly connected: boolean
  /** Ids of what was made there. */
  readonly proof?: { readonly ticket: string; readonly comment: string; readonly remoteLink: string }
  /** What was answered to the last try that failed. */
  readonly failure?: string
}

/** The values of the inputs that checks compare with. */
export interface InputFacts {
  /** P-I2. */
  readonly codeLayers?: readonly Layer[]
  /** P-I9. */
  readonly mode?: 'gradual' | 'immediate'
  /** P-I9: the wished timeline, RFC 3339. */
  readonly earliestStart?: string
  readonly deadline?: string
  /** P-I3: tests that were skipped. */
  readonly skippedTests?: number
  /** P-I5: runbooks that are named. */
  readonly runbooks?: number
  /** P-I10. Increases in percent of the rate without the feature. */
  readonly tolerance?: {
    readonly maxErrorRateIncrease: number
    readonly maxLatencyIncrease: number
    readonly maxExposedUsers: number
  }
  /** P-I12. */
  readonly previousVersion?: string
}

export interface EnvironmentFacts {
  readonly key: string
  readonly protected: boolean
  readonly segments: readonly Segment[]
}

export interface FlagFacts {
  readonly key: string
  readonly kind: FlagKind
  readonly layers: readonly Layer[]
  readonly owner: string
  /** The flag as each environment serves it: the flag by itself, and what it asks of others. */
  readonly configurations: readonly {
    readonly environment: string
    readonly flag: Flag
    readonly prerequisites?: readonly Prerequisite[]
  }[]
}

/** A metric of the built-in telemetry. */
export const BUILT_IN_METRICS = ['bad', 'slow'] as const
