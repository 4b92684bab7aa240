/**
 * All tables as the compiler sees them. Each noun describes its own in `tables/<noun>.ts`, beside
 * the migration that makes them, and adds itself to the line below.
 */
import type { AccessTables } from './tables/access.ts'
import type { AuditTables } from './tables/audit.ts'
import type { ConnectionTables } from './tables/connection.ts'
import type { DeliveryTables } from './tables/delivery.ts'
import type { DraftTables } from './tables/draft.ts'
import type { ExerciseTables } from './tables/exercise.ts'
import type { FlagTables } from './tables/flag.ts'
import type { HookTables } from './tables/hook.ts'
import type { HttpTables } from './tables/http.ts'
import type { KillTables } from './tables/kill.ts'
import type { MonitoringTables } from './tables/monitoring.ts'
import type { OutboxTables } from './tables/outbox.ts'
import type { PolicyTables } from './tables/policy.ts'
import type { ProcedureTables } from './tables/procedure.ts'
import type { ProjectTables } from './tables/project.ts'
import type { PublicationTables } from './tables/publication.ts'
import type { ReferenceTables } from './tables/reference.ts'
import type { ReportTables } from './tables/report.ts'
import type { RetentionTables } from './tables/retention.ts'
import type { RolloutTables } from './tables/rollout.ts'
import type { SignalTables } from './tables/signal.ts'
import type { TelemetryTables } from './tables/telemetry.ts'

export interface Tables
  extends
    ProjectTables,
    AccessTables,
    AuditTables,
    OutboxTables,
    HttpTables,
    FlagTables,
    DraftTables,
    DeliveryTables,
    ProcedureTables,
    PolicyTables,
    PublicationTables,
    ReferenceTables,
    RolloutTables,
    SignalTables,
    ReportTables,
    TelemetryTables,
    ExerciseTables,
    ConnectionTables,
    HookTables,
    KillTables,
    MonitoringTables,
    RetentionTables {}
