/** A connection as callers see it: without its secrets. */
import type { Connection, ConnectionSettings } from '@flagmarshal/api/connection'
import { z } from 'zod'

import type { ConnectionRow } from '../storage/connections.ts'
import type { ConnectionSecrets } from './secrets.ts'

const Settings = z.object({
  prometheus: z.object({
    url: z.string(),
    user: z.string().optional(),
    scrapeMs: z.number(),
    lagMs: z.number().optional(),
  }),
  alertmanager: z.object({ url: z.string(), user: z.string().optional() }).optional(),
  grafana: z.object({ url: z.string(), folder: z.string().optional() }).optional(),
  rules: z.object({ file: z.string(), reloadUrl: z.string().optional() }).optional(),
}) satisfies z.ZodType<ConnectionSettings>

/** The settings of a row. */
export function settingsOf(row: Pick<ConnectionRow, 'settings'>): ConnectionSettings {
  return Settings.parse(row.settings)
}

/** A row → what the API shows and the audit chain keeps. */
export function connectionView(row: ConnectionRow, secrets: ConnectionSecrets): Connection {
  return {
    key: row.key,
    kind: row.kind,
    ...(row.environment === null ? {} : { environment: row.environment }),
    settings: settingsOf(row),
    hasSecrets: PARTS.filter((part) => secrets[part] !== undefined),
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  }
}

const PARTS = ['prometheus', 'alertmanager', 'grafana'] as const
