import type { ReportKind, Severity } from '../signal/report.ts'
/**
 * What is measured and what it means: criteria, measurements, evidence, verdicts.
 *
 * Counts come in windows. A window that is known is folded into evidence of constant size, once;
 * an unknown one is never taken for a pass or a failure. Verdicts carry numbers; `sentence.ts`
 * turns them into words when somebody asks. Everything here is plain JSON: evidence is stored as
 * it is, and a restarted controller continues with exactly what it had.
 */
import type { ResourceLimit } from './resource.ts'
import type { NewKeys } from './split.ts'
import type { BlockBound } from './statistics/block.ts'
import type { Dispersion, History } from './statistics/dispersion.ts'
import type { Mixture } from './statistics/restart.ts'

/** Where a criterion is counted. */
export type MetricSource = TelemetrySource | PrometheusSource | ResourceSource

/** Counts that the SDKs report. */
export interface TelemetrySource {
  readonly kind: 'telemetry'
  /** `bad`: failed requests. `slow`: requests above the bound that the application set. */
  readonly counts: 'bad' | 'slow'
}

/** Counters in Prometheus, or in what speaks its API; `query.ts` says what a query may be. */
export interface PrometheusSource {
  readonly kind: 'prometheus'
  /** Key of the connection. */
  readonly connection: string
  readonly total: string
  /** Either what is bad, or what is good: bad is then the rest. */
  readonly bad?: string
  readonly good?: string
  /** Name of the OpenSLO objective that it was taken from. */
  readonly slo?: string
}

/** A resource of a service, from the SDKs: compared with a limit, because both arms share it. */
export interface ResourceSource extends ResourceLimit {
  readonly kind: 'resources'
}

/** A criterion that rolls the rollout back when it is breached, and must be passed to advance. */
export interface Guardrail extends RatioCriterion {
  readonly role: 'guardrail'
}

/** A breach holds until it recovers; otherwise it asks for nothing. */
export interface Watch extends RatioCriterion {
  readonly role: 'watch'
}

/** Fed by people and by alerts: open issues about the feature, or what its users think of it. */
export interface Report {
  readonly id: string
  readonly role: 'report'
  /** Kinds of issues that count; absent: all of them. */
  readonly kinds?: readonly IssueKind[]
  /** The least severe that counts. Default critical. */
  readonly severity: Severity
  /** Open issues above which `onFail` happens. Default 0. */
  readonly max: number
  /** Instead of issues, feedback since the first exposure is counted. */
  readonly feedback?: {
    /** Below this many the criterion is unknown. Default 5. */
    readonly least: number
    /** The share of them, 0..1, that must be good. Default 0.8. */
    readonly positive: number
  }
  /** Names of the stages in which it is asked; absent: in all. */
  readonly stages?: readonly string[]
  readonly onFail: OnFail
}

/** What an issue may be; feedback is none. */
export type IssueKind = Exclude<ReportKind, 'feedback'>

export type Criterion = Guardrail | Watch | Report

/** A share of requests that must not be high, x of n; or a mean, x per n. */
export interface RatioCriterion {
  /** Unique in the plan. */
  readonly id: string
  readonly source: MetricSource
  /**
   * x is a sum of values, not a count of bad ones: a mean, or a ratio of two sums. It has no model of
   * its counts, so it is judged by the windows alone (F4), in the direction that is given.
   */
  readonly mean?: { readonly worse: 'higher' | 'lower' }
  /** Exposed / control up to which a difference is tolerated; above it is harm. Default 1.1. */
  readonly harmRatio: number
  /** The regression that the plan wants to be able to see before it advances. Default 2. */
  readonly safeRatio: number
  /** The highest acceptable share, 0..1, or the last acceptable mean; needed wherever a stage has no control. */
  readonly ceiling?: number
  /** The share of bad requests, 0..1, that is an outage whatever the statistics say. Default 0.5. */
  readonly hardFloor: number
  readonly onFail: OnFail
  /** What follows when the criterion has been blind for longer than `blindBudgetMs`. */
  readonly noData: 'hold' | 'roll-back'
  readonly blindBudgetMs: number
}

/** What a breach does. `page` holds too, and calls a person. */
export type OnFail = 'roll-back' | 'hold' | 'page'

/** Requests (or events), and how many of them are bad; 0 ≤ x ≤ n. Of a mean: x is the sum of values, not negative. */
export interface ArmCounts {
  readonly n: number
  readonly x: number
}

/** One window of one audience: the exposed arm and its control. */
export interface ArmsWindow {
  readonly exposed: ArmCounts
  readonly control: ArmCounts
}

/** Why a window says nothing. None of these is ever a pass or a failure. */
export type UnknownKind =
  | 'provider_error'
  | 'bad_query'
  | 'empty'
  | 'zero_traffic'
  | 'nan'
  | 'stale'
  | 'partial'
  | 'ambiguous'

/** What one criterion read in one window. */
export type Measurement =
  | { readonly criterion: string; readonly kind: 'ok'; readonly audiences: readonly AudienceCounts[] }
  | { readonly criterion: string; readonly kind: UnknownKind; readonly detail: string }

export interface AudienceCounts extends ArmsWindow {
  readonly audience: string
}

/** One closed window with everything that was measured in it. */
export interface Window {
  /** Exclusive end, on the window grid (a multiple of the plan's `windowMs` since the epoch). */
  readonly end: Date
  readonly measurements: readonly Measurement[]
  /** Distinct keys that appeared first in this window; absent where they are not reported. */
  readonly keys?: readonly NewKeys[]
}

/** Running sums over t windows of n and x: of them, their squares, their product. */
export interface Moments {
  readonly t: number
  readonly n: number
  readonly x: number
  readonly nn: number
  readonly nx: number
  readonly xx: number
}

/** What is known of one criterion. */
export interface CriterionEvidence {
  /** Windows in a row, up to the watermark, that were unknown. */
  readonly blindWindows: number
  /** The last of these. */
  readonly blind?: { readonly kind: UnknownKind; readonly detail: string }
  /** The first breach; it stays, so that it does not matter how many windows a tick folds. */
  readonly breach?: Breach
  /** Of a watch: its breach, until it has recovered. */
  readonly watched?: Breach
  /** Of a resource: instances, and those above the limit, in the latest windows, oldest first. */
  readonly levels?: readonly ArmCounts[]
  readonly audiences: Readonly<Record<string, AudienceEvidence>>
}

/** What is known of one criterion in one audience. */
export interface AudienceEvidence {
  /** From the observe stage. */
  readonly history: History
  /** F1r since the first exposure. */
  readonly harm: Mixture
  /** The exposed arm since the first exposure, windows with exposed requests only. */
  readonly exposed: Moments
  /** The control's sums over the same time. */
  readonly control: ArmCounts
  /** F2: ln L of each alternative against `safeRatio`, and against tier A's 3. */
  readonly safe: readonly number[]
  readonly safeAlternative: readonly number[]
  /** What xT was (x), and what the control led to expect (n), over the windows with both arms. */
  readonly pairs: Moments
  /** The same over windows with no more exposed than control requests: for F5. */
  readonly smallPairs: Moments
  readonly inStage?: InStage
  /** Since the audience has no control any more. */
  readonly alone?: { readonly harm: Mixture; readonly exposed: Moments }
  /** The latest windows, oldest first, that hold at least 20 exposed requests without the worst of them: for the hard floor. */
  readonly recent: readonly ArmsWindow[]
  /** Of a mean: the control's windows since the first exposure, for people to see the difference. */
  readonly controlWindows?: Moments
  /** Of a watch: its latest windows with both arms, at most 30, oldest first. */
  readonly latest?: readonly ArmsWindow[]
}

/** What F5 asks before it speaks. */
export interface InStage {
  /** Index of the present stage, and the bad events of the control in it. */
  readonly stage: number
  readonly controlBad: number
  /** The last window had requests in both arms, and no more exposed ones. */
  readonly comparable: boolean
}

/** Which test spoke. */
export type HarmTest = 'F1r' | 'F5' | 'F4' | 'F2b-harm' | 'hard-floor' | 'level'

/** A criterion failed, with the numbers of that moment. */
export interface Breach {
  readonly criterion: string
  readonly audience: string
  readonly test: HarmTest
  /** End of the window that decided, RFC 3339. */
  readonly windowEnd: string
  readonly exposed: ArmCounts
  readonly control: ArmCounts
  /**
   * Log evidence and its threshold; of F5 and F4 the mean excess of a window and the half-width of its
   * bound; for the hard floor the bad share and the floor.
   */
  readonly value: number
  readonly threshold: number
  /** The dispersion that the evidence was divided by. */
  readonly phi: number
  /** F2b-harm: the ceiling that was exceeded. */
  readonly ceiling?: number
}

/** The arithmetic behind a verdict, of one criterion in the audience that the increment changes. */
export interface Judgement {
  readonly audience: string
  readonly exposed: ArmCounts
  readonly control: ArmCounts
  readonly phi: Dispersion
  /** F1r of this audience; absent without a control and of a mean. */
  readonly harmLogE?: number
  /** Of a mean with a control: on average the exposed arm's is worse than `harmRatio` times. */
  readonly worse?: boolean
  /** Of a resource: instances and those above the limit, in the latest window. */
  readonly level?: ArmCounts & { readonly limit: number }
  /** Of a mean: (exposed − control) / control, for people; it decides nothing. */
  readonly difference?: { readonly value: number; readonly halfWidth: number }
  /** F2b-safe and block-abs; absent without a ceiling. */
  readonly safe?: {
    readonly ceiling: number
    /** Absent of a mean: its windows alone are asked. */
    readonly logE?: number
    readonly threshold: number
    readonly block: BlockBound
  }
  /** F2 and block-safe against `safeRatio`; absent without a control. */
  readonly relative?: RelativeJudgement
  /** The same against tier A's 3; absent of a mean and without a control. */
  readonly alternative?: RelativeJudgement
}

/** How far a regression of `ratio` is excluded. */
export interface RelativeJudgement {
  readonly ratio: number
  /** Absent of a mean: its windows alone are asked. */
  readonly logE?: number
  readonly threshold: number
  readonly block: BlockBound
  /** Bad events of the control. */
  readonly controlBad: number
}

/** The ways to a Go: relative; absolute; only absolute; by time. A watch that is not breached asks for nothing. */
export type Tier = 'R' | 'A' | 'A-only' | 'time' | 'watch'

/** What a Go still lacks; those of the relative way are named so, any of the two ways is enough. */
export type Lack =
  /** F2 is below its threshold. */
  | 'relative-safe'
  /** block-safe does not exclude the regression yet, or has fewer than 30 windows. */
  | 'relative-block'
  /** The control has shown fewer than 20 bad events. */
  | 'relative-control'
  /** The criterion has no ceiling, so nothing absolute can be shown. */
  | 'ceiling'
  /** F2b-safe is below its threshold. */
  | 'safe'
  /** block-abs does not exclude the ceiling yet, or has fewer than 30 windows. */
  | 'block'
  /** F1r is above 0: the exposed arm looks worse than the control. */
  | 'harm'
  /** The ceiling is more than twice yesterday's rate, and a regression of 3 times is not excluded. */
  | 'ceiling-too-far'

/** The verdict on one criterion at one tick. */
export type Verdict =
  | { readonly kind: 'go'; readonly criterion: string; readonly tier: Tier; readonly judgement: Judgement }
  | {
      readonly kind: 'hold'
      readonly criterion: string
      readonly reason: 'collecting' | 'both-arms'
      readonly lacks: readonly Lack[]
      readonly judgement: Judgement
    }
  | { readonly kind: 'hold'; readonly criterion: string; readonly reason: 'watch'; readonly breach: Breach }
  | { readonly kind: 'no-go'; readonly criterion: string; readonly breach: Breach }
  | {
      readonly kind: 'no-data'
      readonly criterion: string
      readonly unknown: UnknownKind
      readonly detail: string
      /** How long nothing has been known, by database time. */
      readonly blindMs: number
    }
