/** Features, runs of procedures, and what their decisions rest on. */
import type { RunState } from '@flagmarshal/domain/procedure/run'
import type { Layer } from '@flagmarshal/evaluation'

import type { Instant, JsonColumn } from '../column.ts'

export interface ProcedureTables {
  features: {
    project: string
    key: string
    name: string
    team: string
    ticket: JsonColumn<
      | {
          readonly key: string
          readonly url: string
          /** What Jira said of it; absent where none was connected. */
          readonly seen?: { readonly title: string; readonly at: string }
        }
      | { readonly none: string }
    >
    stakeholders: string[]
    /** People by role. */
    roles: JsonColumn<{
      readonly technicalLead: readonly string[]
      readonly operationsLead: readonly string[]
      readonly productOwner: readonly string[]
    }>
    flag: string
    layers: Layer[]
    created_at: Instant
    created_by: string
  }
  procedure_runs: {
    id: string
    project: string
    feature: string
    procedure: string
    procedure_version: number
    /** The run's state again, for queries. */
    state: RunState['kind']
    revision: number
    started_at: Instant
    updated_at: Instant
    /** The whole run; its reader parses it with a schema. */
    run: JsonColumn
  }
  related_procedures: {
    id: boolean
    revision: number
    /** By the name of the procedure. */
    addresses: JsonColumn<Readonly<Record<string, string>>>
    changed_at: Instant
    changed_by: string
  }
  bundles: {
    run: string
    hash: string
    content: JsonColumn
    at: Instant
  }
  evidence: {
    project: string
    /** SHA-256 of the canonical content. */
    hash: string
    kind: 'check' | 'attestation' | 'input' | 'delivery'
    run: string
    /** 0 where it belongs to none. */
    step: number
    by: string
    at: Instant
    content: JsonColumn
  }
}
