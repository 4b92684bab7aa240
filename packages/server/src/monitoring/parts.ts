/** What setting monitoring up needs, beside the database. */
import type {
  AlertRoutes,
  AlertRules,
  Dashboards,
  RuleFolder,
  RuleTools,
} from '../integrations/interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database } from '../storage/database.ts'

/** The other systems, and where this one is. */
export interface MonitoringSystems {
  readonly rules: AlertRules
  readonly routes: AlertRoutes
  readonly dashboards: Dashboards
  readonly tools: RuleTools
  readonly folder: RuleFolder
  /** Where people reach this server, without a slash at its end. */
  readonly address: string
}

export interface MonitoringParts {
  readonly database: Database
  readonly safe: Safe
  readonly monitoring: MonitoringSystems
}
