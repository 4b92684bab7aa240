/**
 * All tables as the compiler sees them. Each noun describes its own in `tables/<noun>.ts`, beside
 * the migration that makes them, and adds itself to the line below.
 */
import type { AccessTables } from './tables/access.ts'
import type { AuditTables } from './tables/audit.ts'
import type { HttpTables } from './tables/http.ts'
import type { OutboxTables } from './tables/outbox.ts'
import type { ProjectTables } from './tables/project.ts'

export interface Tables extends ProjectTables, AccessTables, AuditTables, OutboxTables, HttpTables {}
