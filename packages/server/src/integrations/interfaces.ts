/**
 * What the rest of the server sees of other systems. A use case asks for one of these; `app.ts`
 * passes in the concrete one. None of them throws for what the other side does.
 */
import type { LoadedRule } from '@flagmarshal/domain/alert/conflict'
import type { RuleFile } from '@flagmarshal/domain/alert/rule-file'
import type { RuleTests } from '@flagmarshal/domain/alert/rule-tests'
import type { MetricForm, MetricReading } from '@flagmarshal/domain/analysis/metric'
import type { Measurement, MetricSource as CountedIn } from '@flagmarshal/domain/analysis/model'
import type { Dashboard } from '@flagmarshal/domain/dashboard/panel'
import type { CountedMinute } from '@flagmarshal/domain/rollout/tried-history'

/** A request to somebody else's server. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** http or https, without user and password. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For everything from the look-up of the name to the last byte; 15 s. */
  readonly timeoutMs?: number
  /** Largest answer in bytes; 1 MiB. */
  readonly maxBytes?: number
}

/** How a request ended. The sentences name the host and nothing of the path: it may be a secret. */
export type OutgoingResult =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** Names in lower case; of repeated ones the first, or all joined by a comma. */
      readonly headers: Readonly<Record<string, string>>
      readonly body: Buffer
    }
  /** Against the rules: asking again does not help. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Not reached, too slow, too large, or broken off. */
  | { readonly kind: 'failed'; readonly why: string }

/** The way out for every request of the server, under the rules for outgoing requests (R16). */
export interface Outgoing {
  send(request: OutgoingRequest): Promise<OutgoingResult>
  /** The addresses of a host that may be called, or why none may: for what does not speak HTTP. */
  resolve(host: string): Promise<OutgoingAddresses>
}

export type OutgoingAddresses =
  | { readonly kind: 'found'; readonly addresses: readonly { address: string; family: number }[] }
  | { readonly kind: 'refused' | 'failed'; readonly why: string }

/** A signal as it is told to a receiver. */
export interface Message {
  /** The same on every attempt: receivers discard repeats by it. */
  readonly id: string
  /** CloudEvents type, source, subject. */
  readonly type: string
  readonly source: string
  readonly subject: string
  readonly at: Date
  readonly data: { readonly [name: string]: unknown }
  /** What happened, in one line. */
  readonly headline: string
  /** More about it, in sentences; may be empty. */
  readonly detail: string
  readonly links: readonly { readonly title: string; readonly url: string }[]
  /** Where people turn off the flag that it is about. */
  readonly killPage?: string
  /** Head of the project's audit chain, anchored in what is sent: `<entries>:<hash>`. */
  readonly auditHead: string
}

/** Where to. */
export interface Receiver {
  /** As the channel's kind has it; the integration parses it. */
  readonly settings: unknown
  readonly secret: string | undefined
}

/** How a message fared. The sentences never hold a secret. */
export type Sent =
  /** `proof`: what the receiver made of it, like ids. */
  | { readonly kind: 'delivered'; readonly proof?: { readonly [name: string]: unknown } }
  | { readonly kind: 'failed'; readonly why: string; readonly afterMs?: number }
  | { readonly kind: 'rejected'; readonly why: string }
  | { readonly kind: 'gone'; readonly why: string }

/** Tells one receiver; `now` is the time of the attempt. */
export type Notify = (message: Message, receiver: Receiver, now: Date) => Promise<Sent>

/** Documents to be stored in one commit. */
export interface DocumentCommit {
  /** Letters, digits and `_`: names the attempt inside of the store. */
  readonly id: string
  readonly project: string
  /** Absent: the project's built-in repository. */
  readonly remote?: string
  readonly branch: string
  /** Subject, body and trailers. */
  readonly message: string
  readonly at: Date
  /** Ours: what is in it and not in `files` goes. */
  readonly folder: string
  readonly files: readonly { readonly path: string; readonly content: string }[]
  /** Files of others: asked with what is there now, once for each attempt. */
  readonly edits: readonly {
    readonly path: string
    readonly edit: (present: Buffer | undefined) => Buffer | { readonly fault: string }
  }[]
}

/** How it ended. The sentences hold no password. */
export type DocumentStored =
  | { readonly kind: 'stored'; readonly commit: string }
  /** Against the rules, or the files do not allow it: trying again does not help. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Not reached, or not taken this time. */
  | { readonly kind: 'failed'; readonly why: string }

/** A repository of documents. */
export interface DocumentStore {
  store(wanted: DocumentCommit): Promise<DocumentStored>
  /** Why an address cannot be that of a repository; undefined where it can. */
  faultOf(address: string): string | undefined
  /** Where the built-in repository of a project lies. */
  builtIn(project: string): string
}

/** Git repositories elsewhere, asked with the real git program. */
export interface Repositories {
  find(reference: {
    readonly repository: string
    readonly commit: string
    readonly path?: string
  }): Promise<RepositoryResult>
}

/** `object` is the commit, or what lies at the path in it: another content is another object. */
export type RepositoryResult =
  | { readonly kind: 'found'; readonly commit: string; readonly object: string }
  /** The repository answers, and does not have it. */
  | { readonly kind: 'absent'; readonly why: string }
  | { readonly kind: 'refused' | 'failed'; readonly why: string }

/** Looks an issue up; the receiver is the channel whose account is used. */
export type FindIssue = (
  issue: string,
  receiver: Receiver,
) => Promise<
  | { readonly kind: 'found'; readonly hash: string; readonly summary: string }
  | { readonly kind: 'absent' | 'failed'; readonly why: string }
>

/** The programs that a connection may name. */
export type MonitoringPart = 'prometheus' | 'alertmanager' | 'grafana'

/** Where such a program is and how it lets us in: a bearer token, or user and password. */
export interface MonitoringAddress {
  readonly url: string
  readonly user?: string | undefined
  readonly secret: string | undefined
}

/** Whether it answers and lets us in. The sentences hold no secret and no path. */
export type ProbeMonitoring = (
  address: MonitoringAddress,
) => Promise<
  { readonly kind: 'answers'; readonly what: string } | { readonly kind: 'fails'; readonly why: string }
>

/** What is asked of a source of metrics: one criterion in closed windows. */
export interface MetricQuestion {
  /** Id of the criterion; measurements carry it. */
  readonly criterion: string
  readonly source: CountedIn
  /** x is a sum of values, which may be above n. */
  readonly mean?: boolean
  readonly audiences: readonly string[]
  readonly windowMs: number
  /** Ends of the windows, oldest first, without a gap. */
  readonly ends: readonly Date[]
}

/** A source of metrics: one measurement for each window that is asked for, in their order. */
export interface MetricSource {
  measure(question: MetricQuestion): Promise<readonly Measurement[]>
}

/** Prometheus as a connection names it. */
export interface PrometheusAddress extends MonitoringAddress {
  /** How often it scrapes. */
  readonly scrapeMs: number
}

/** What Prometheus is asked for; nothing of it throws for what the other side does. */
export interface Prometheus extends MetricSource {
  /** What a metric said in the window that ends then. */
  read(metric: MetricForm, window: { readonly end: Date; readonly windowMs: number }): Promise<MetricReading>
  /** What a criterion counted in each minute of the past, while nobody was exposed. */
  past(question: PastQuestion): Promise<PastCounts>
  /** The alert rules that it has loaded. */
  rules(): Promise<MonitoringAnswer<readonly LoadedRule[]>>
  /** Whether it has a metric of this name. */
  find(name: string, now: Date): Promise<FoundMetric>
}

/** One criterion in the latest days. */
export interface PastQuestion {
  readonly source: CountedIn
  readonly mean: boolean
  /** The variant that is served without the feature: of series that name another one nothing is counted. */
  readonly control: string
  /** The end of the last minute, and how long before it the past begins. */
  readonly to: Date
  readonly lengthMs: number
}

/** Minutes in order, those that are not known left out; or why there are none. */
export type PastCounts =
  | { readonly kind: 'counted'; readonly minutes: readonly CountedMinute[] }
  | { readonly kind: 'left'; readonly why: string }

export type FoundMetric =
  | { readonly kind: 'found' }
  | { readonly kind: 'absent' | 'failed'; readonly why: string }

/** Makes Prometheus of a connection. */
export type PrometheusAt = (address: PrometheusAddress) => Prometheus

/** Something that a hook is asked to do; names in braces are filled in already. */
export interface HookCall<A> {
  readonly action: A
  readonly phase: 'dry-run' | 'probe' | 'plan' | 'verify' | 'apply'
  readonly part: 'code' | 'data' | 'infrastructure'
  /** The same each time this phase of this run is asked for. */
  readonly id: string
  /** The run's: the other side tells a repeat by it. */
  readonly key: string
  /** Whether it was asked for before, and nobody knows what became of that. */
  readonly repeated: boolean
  /** What is told beside it: what is gone back to, of which feature, where. */
  readonly values: Readonly<Record<string, string>>
  readonly secret: string | undefined
  /** What is left of the time budget, in ms. */
  left(): number
  /** Resolves early when the server stops; `stopping` is true from then on. */
  sleep(ms: number): Promise<void>
  readonly stopping: AbortSignal
  now(): Date
}

/** How a phase ended. The sentences hold no secret. */
export type HookAnswer =
  | { readonly kind: 'done'; readonly said: string; readonly result?: unknown; readonly link?: string }
  | { readonly kind: 'failed'; readonly why: string; readonly link?: string }
  /** The server stops: somebody else goes on. */
  | { readonly kind: 'stopped' }

/** Asks a hook, or a probe, of one kind. Never throws for what the other side does. */
export type AskHook<A> = (call: HookCall<A>) => Promise<HookAnswer>

/** What a program answered, or why it did not. The sentences hold no secret and no path. */
export type MonitoringAnswer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'failed'; readonly why: string }

/** An alert that is pending or fires, as Prometheus or Alertmanager has it. */
export interface ActiveAlert {
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
  /** Of Alertmanager: the receivers that its routes lead to. */
  readonly receivers: readonly string[]
}

/** Rules and expressions of a Prometheus. */
export interface AlertRules {
  loaded(address: MonitoringAddress): Promise<MonitoringAnswer<readonly LoadedRule[]>>
  active(address: MonitoringAddress): Promise<MonitoringAnswer<readonly ActiveAlert[]>>
  /** Reads the rule files again; refused where one is wrong, and the old rules stay. */
  reload(address: MonitoringAddress): Promise<MonitoringAnswer<undefined>>
  /** How many series an expression has now, none of them NaN. */
  series(address: MonitoringAddress, expression: string): Promise<MonitoringAnswer<number>>
}

/** Alerts and routes of an Alertmanager. */
export interface AlertRoutes {
  /** The alerts that carry a label. */
  active(
    address: MonitoringAddress,
    label: { readonly name: string; readonly value: string },
  ): Promise<MonitoringAnswer<readonly ActiveAlert[]>>
  /** Its configuration as YAML; secrets are left out by itself. */
  configuration(address: MonitoringAddress): Promise<MonitoringAnswer<string>>
}

/** A dashboard as it is stored. */
export interface StoredDashboard {
  readonly url: string
  /** Grows with each change, whoever makes it. */
  readonly version: number
  readonly tags: readonly string[]
}

/** Dashboards of a Grafana. */
export interface Dashboards {
  /** Stores a dashboard, in place of what has its uid. */
  push(
    address: MonitoringAddress,
    dashboard: Dashboard,
    folder: string | undefined,
  ): Promise<MonitoringAnswer<StoredDashboard>>
  /** Opens it with the connected account; undefined where it is not there. */
  open(address: MonitoringAddress, uid: string): Promise<MonitoringAnswer<StoredDashboard | undefined>>
  annotate(
    address: MonitoringAddress,
    note: {
      readonly uid: string
      readonly at: Date
      readonly tags: readonly string[]
      readonly text: string
    },
  ): Promise<MonitoringAnswer<undefined>>
  /** As a file for somebody else's provisioning. */
  json(dashboard: Dashboard): unknown
}

/** What a program of this machine said; `absent` where it is not installed. */
export type ToolVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly why: string }
  | { readonly kind: 'absent'; readonly why: string }

/** promtool and amtool, where they are on this machine. */
export interface RuleTools {
  check(rules: RuleFile): Promise<ToolVerdict>
  test(tests: readonly RuleTests[]): Promise<ToolVerdict>
  /** Whether a configuration of Alertmanager is sound, and the receivers for each set of labels. */
  routes(
    configuration: string,
    labels: readonly Readonly<Record<string, string>>[],
  ): Promise<ToolVerdict & { readonly receivers?: readonly (readonly string[])[] }>
}

/** The folder that rule files are written to. */
export interface RuleFolder {
  /** Writes a file whole or not at all; answers what undoes that. `refused` where no folder is allowed. */
  write(
    name: string,
    rules: RuleFile,
  ): Promise<
    | { readonly kind: 'written'; readonly undo: () => Promise<void> }
    | { readonly kind: 'refused'; readonly why: string }
  >
  /** The text of a file. */
  text(rules: RuleFile): string
}
