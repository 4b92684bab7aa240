/**
 * Queries on what processes use.
 */
import type { ResourceUse, ResourceValues } from '@flagmarshal/domain/analysis/resource'
import { sql } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'

/** Keeps what an instance reported, under the name of its application. */
export async function insertProcessSample(
  tx: Tx,
  { project, environment, instance }: EnvironmentKey & { readonly instance: string },
  used: ResourceValues,
): Promise<void> {
  await sql`
    insert into process_samples (project, environment, instance, service, at, used)
    values (${project}, ${environment}, ${instance},
      coalesce((select application from instances
        where project = ${project} and environment = ${environment} and instance = ${instance}), 'unknown'),
      now(), ${JSON.stringify(used)}::jsonb)
    on conflict do nothing`.execute(tx)
}

/** What each instance used after a moment, by service, instance and resource. */
export async function selectResourceUse(
  queries: Queries,
  { project, environment }: EnvironmentKey,
  since: Date,
): Promise<readonly ResourceUse[]> {
  const { rows } = await sql<ResourceUse>`
    select service, instance, key as resource, avg(value::double precision) as mean,
      max(value::double precision) as highest,
      (array_agg(value::double precision order by at desc))[1] as latest
    from process_samples, jsonb_each_text(used) as each (key, value)
    where project = ${project} and environment = ${environment} and at > ${since}
    group by service, instance, key
    order by service, key, instance`.execute(queries)
  return rows
}

/** What one instance used at a moment. */
export interface ProcessSample {
  readonly service: string
  readonly instance: string
  readonly at: Date
  readonly used: ResourceValues
}

/** The samples of an environment in a time, oldest first. */
export async function selectProcessSamples(
  queries: Queries,
  { project, environment }: EnvironmentKey,
  { since, until }: { readonly since: Date; readonly until: Date },
): Promise<readonly ProcessSample[]> {
  return await queries
    .selectFrom('process_samples')
    .select(['service', 'instance', 'at', 'used'])
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('at', '>', since)
    .where('at', '<=', until)
    .orderBy('at')
    .execute()
}

/** Deletes what is older than two days. */
export async function deleteOldProcessSamples(queries: Queries): Promise<void> {
  await sql`delete from process_samples where at < now() - interval '2 days'`.execute(queries)
}
