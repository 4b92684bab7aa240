/**
 * What the steps of the feature-flag rollout procedure produce, typed. Every field may be missing
 * while people are still writing; the checks judge what is there.
 */
import type { Layer } from '@flagmarshal/evaluation'

import type { MetricForm, MetricKind } from '../../analysis/metric.ts'
import type { ResourceLimit } from '../../analysis/resource.ts'
import type { Strategy } from '../../flag/strategy.ts'
import type { ServedPlan } from '../../rollout/served-plan.ts'
import type { ReportKind, Severity } from '../../signal/report.ts'
import type { ReviewLine } from './check-requirements.ts'

/** Outputs by step. */
export interface Outputs {
  readonly strategy: Partial<Strategy>
  readonly flags: Partial<FlagsOutput>
  readonly plan: Partial<PlanOutput>
  readonly monitoring: Partial<MonitoringOutput>
  readonly rollback: Partial<RollbackOutput>
}

export interface FlagsOutput {
  readonly flag: string
  readonly implementation: readonly { readonly layer: Layer; readonly summary: string }[]
  readonly configuration: string
  readonly targetingCases: readonly TargetingCase[]
  /** Uploaded results of the tests of what existed before, by the flag's state: hashes. */
  readonly existingTests: { readonly off: string; readonly on: string }
}

/** A context, and the variant that it must be served in an environment once the flag is enabled. */
export interface TargetingCase {
  readonly environment: string
  readonly context: Readonly<Record<string, unknown>>
  readonly variant: string
}

export interface PlanOutput {
  readonly review: {
    readonly business: string
    readonly userImpact: string
    readonly timeline: string
    readonly openTestPoints: string
    readonly runbooks: string
    /** Why the plan does not answer a line. */
    readonly unanswered?: Readonly<Partial<Record<ReviewLine, string>>>
  }
  readonly expectations: Readonly<Record<'shouldHappen' | 'mightGoWrong' | 'watch', string>>
  readonly monitoring: { readonly keyMetrics: readonly string[]; readonly reviewEveryMinutes?: number }
  readonly timeline: {
    readonly start?: string
    readonly expectedCompletion?: string
    readonly blackouts?: readonly { readonly from: string; readonly to: string; readonly reason: string }[]
  }
  /** Expected share of everybody, 0..1, of each audience that has a segment. */
  readonly audienceShares: Readonly<Record<string, number>>
  readonly plan: ServedPlan
}

export interface MonitoringOutput {
  readonly review: {
    readonly logging: string
    readonly metrics: string
    readonly alerting: string
    readonly logQuery?: LogQuery
  }
  readonly metrics: readonly BoundMetric[]
  /** Kinds that this rollout does without. */
  readonly without: readonly { readonly kind: MetricKind; readonly reason: string }[]
  readonly dashboards: readonly { readonly name: string; readonly refreshSeconds: number }[]
  readonly alerts: readonly {
    readonly criterion: string
    readonly channel?: string
    readonly person: string
  }[]
}

/** The query of the runbook for logs, with the upload of what it returned; or why there is none. */
export type LogQuery = { readonly query: string; readonly returned: string } | { readonly absent: string }

/** A metric of step 4: of a criterion, or one that people look at. */
export type BoundMetric =
  | {
      readonly criterion: string
      readonly kind: MetricKind
      readonly source: 'built-in-telemetry'
      readonly metric: 'bad' | 'slow'
    }
  /** Counted with the queries of the criterion. */
  | { readonly criterion: string; readonly kind: MetricKind; readonly source: 'prometheus' }
  | {
      readonly name: string
      readonly kind: MetricKind
      readonly source: 'prometheus'
      readonly connection: string
      readonly counted: MetricForm
    }
  /** What the SDKs report of each process. */
  | {
      readonly name: string
      readonly kind: MetricKind
      readonly source: 'built-in-telemetry'
      readonly counted: ResourceLimit & { readonly form: 'level' }
    }

export type TriggerClass = 'critical' | 'performance' | 'user-impact'

/** A hook in one version. */
export interface HookName {
  readonly key: string
  readonly version: number
}

/** What sets a rollback off. */
export type TriggerBound =
  | { readonly criterion: string }
  | { readonly alert: string }
  | { readonly report: ReportKind; readonly severity: Severity }
  | { readonly person: string }

export interface RollbackOutput {
  readonly triggers: readonly {
    readonly class: TriggerClass
    readonly event: string
    readonly bound: TriggerBound
  }[]
  readonly quickDisable: {
    readonly steps: readonly string[]
    readonly verify?: string
    readonly watchMinutes?: number
  }
  readonly codeRollback: {
    readonly targetVersion: string
    readonly steps?: readonly string[]
    readonly verify?: string
    readonly watchMinutes?: number
    readonly hook?: HookName
    readonly byHand?: string
  }
  readonly dataRollback:
    | { readonly supported: false; readonly reason: string }
    | { readonly needed: false; readonly reason: string }
    | {
        readonly supported: true
        readonly steps: readonly string[]
        readonly integrityCheck: string
        readonly hook?: HookName
        readonly watch: { readonly everySeconds: number; readonly forSeconds: number }
      }
  readonly infrastructureRollback:
    | { readonly needed: false; readonly reason: string }
    | {
        readonly steps: readonly string[]
        readonly verify: string
        readonly watchMinutes: number
        readonly hook?: HookName
      }
  readonly handover: {
    readonly procedure: string
    readonly definition?: { readonly id: string; readonly version: number }
    /** Of an upload its hash. */
    readonly reference?: { readonly kind: string; readonly hash?: string }
  }
}
