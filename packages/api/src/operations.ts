/**
 * The table of all operations: the one source of routes, permissions, openapi.json and the client.
 * Each noun keeps its rows in its own file; a new noun adds one line here.
 */
import { accessOperations } from './access.ts'
import { auditOperations } from './audit.ts'
import { projectOperations } from './project.ts'
import { systemOperations } from './system.ts'

/** Operation ids and their operations. */
export const operations = {
  ...systemOperations,
  ...accessOperations,
  ...projectOperations,
  ...auditOperations,
}

export type Operations = typeof operations
export type OperationId = keyof Operations
