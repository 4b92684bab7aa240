/**
 * What must hold in the database whenever it is looked at: each promise with the query that finds what
 * breaks it. Everything that serves traffic, its audit entry, its revision and its signals are one
 * transaction, so none of them is ever there without the others.
 */
import { Client } from 'pg'

/** A promise; the query answers the rows that break it; the harm makes some, to show that it is found. */
interface DatabasePromise {
  readonly title: string
  readonly broken: string
  readonly harm: string
}

/** Acts that change one configuration of a flag, with the environment that they changed. */
const CONFIG_ACTS = `
  select chain, seq, subject_id as flag, after ->> 'environment' as environment, after
  from audit_entries
  where subject_kind = 'flag' and action in ('flag.configure', 'flag.kill')
    and after ->> 'revision' <> before ->> 'revision'`

/** Every act that is one revision of an environment. */
const REVISION_ACTS = `
  select chain, environment from (${CONFIG_ACTS}) config
  union all
  select chain, it ->> 'environment' from audit_entries, jsonb_array_elements(after -> 'environments') it
  where action in ('flag.create', 'segment.create')
  union all
  select chain, after ->> 'environment' from audit_entries where action = 'segment.change'`

const TRUSTING = `alter table audit_entries disable trigger user;`

const PROMISES: readonly DatabasePromise[] = [
  {
    title: 'a flag is there exactly if its creation is in the audit chain',
    broken: `
      select coalesce(f.key, a.subject_id) as flag
      from flags f
      full join (select * from audit_entries where action = 'flag.create') a
        on a.chain = 'project:' || f.project and a.subject_id = f.key
      where f.key is null or a.seq is null`,
    harm: `${TRUSTING} delete from audit_entries where action = 'flag.create' and seq % 2 = 0`,
  },
  {
    title: 'a flag has a configuration in every environment',
    broken: `
      select f.key, e.key from flags f join environments e on e.project = f.project
      where not exists (
        select from flag_configs c where c.project = f.project and c.flag = f.key and c.environment = e.key)`,
    harm: `delete from flag_configs where environment = 'production'`,
  },
  {
    title: 'a configuration has one revision for each audited change',
    broken: `
      select c.flag, c.environment, c.revision, count(a.seq) from flag_configs c
      left join (${CONFIG_ACTS}) a
        on a.chain = 'project:' || c.project and a.flag = c.flag and a.environment = c.environment
      group by c.project, c.flag, c.environment, c.revision having c.revision <> 1 + count(a.seq)`,
    harm: `update flag_configs set revision = revision + 1 where flag = 'toggled'`,
  },
  {
    title: 'a configuration is as the last audited change left it',
    broken: `
      select c.flag, c.environment from flag_configs c
      cross join lateral (
        select after from (${CONFIG_ACTS}) a
        where a.chain = 'project:' || c.project and a.flag = c.flag and a.environment = c.environment
        order by seq desc limit 1) last
      where (last.after ->> 'enabled')::boolean <> c.enabled
        or (last.after ->> 'environmentRevision')::bigint <> c.environment_revision`,
    harm: `update flag_configs set enabled = not enabled where flag = 'toggled'`,
  },
  {
    title: 'an environment has one revision for each change of what it serves',
    broken: `
      select r.project, r.environment, r.revision, count(a.chain) from environment_revisions r
      left join (${REVISION_ACTS}) a on a.chain = 'project:' || r.project and a.environment = r.environment
      group by r.project, r.environment, r.revision having r.revision <> count(a.chain)`,
    harm: `update environment_revisions set revision = revision + 1`,
  },
  {
    title: 'a kill has its audit entry and its signal, and neither is there without it',
    broken: `
      select v.id, o.data ->> 'kill' from verifications v
      full join (select * from outbox where type = 'dev.flagmarshal.flag.killed') o on o.data ->> 'kill' = v.id
      where v.id is null or o.id is null
      union all
      select 'audited', count(*)::text from audit_entries where action = 'flag.kill'
      having count(*) <> (select count(*) from verifications)`,
    harm: `update outbox set data = data || '{"kill": "verification_none"}' where type like '%.killed'`,
  },
  {
    title: 'a kill is settled exactly if that was announced and audited',
    broken: `
      select v.id from verifications v
      left join outbox o on o.type like '%.kill.verified' and o.data ->> 'kill' = v.id
      left join audit_entries a on a.action = 'flag.kill-settled' and a.after ->> 'kill' = v.id
      where (v.settled_at is null) <> (o.id is null) or (v.settled_at is null) <> (a.seq is null)`,
    harm: `update verifications set settled_at = case when settled_at is null then now() end`,
  },
  {
    title: 'a run has one revision for each audited act',
    broken: `
      select r.id, r.revision, count(a.seq) from procedure_runs r
      left join audit_entries a on a.subject_id = r.id
      group by r.id, r.revision having r.revision <> count(a.seq) or r.revision <> max((r.run ->> 'revision')::int)`,
    harm: `update procedure_runs set revision = revision + 1`,
  },
  {
    title: 'a key that was claimed has its answer',
    broken: `select key from idempotency_keys where status is null`,
    harm: `update idempotency_keys set status = null`,
  },
]

/** The promises that do not hold, with a few rows that show it. */
export async function brokenPromises(url: string): Promise<string[]> {
  return await withClient(url, async (client) => {
    const found: string[] = []
    for (const { title, broken } of PROMISES) {
      const { rows } = await client.query(broken)
      if (rows.length > 0) found.push(`${title}: ${JSON.stringify(rows.slice(0, 3))}`)
    }
    return found
  })
}

/** The promises whose query does not find the harm. Nothing of the harm stays. */
export async function blindPromises(url: string): Promise<string[]> {
  return await withClient(url, async (client) => {
    const found: string[] = []
    for (const { title, broken, harm } of PROMISES) {
      await client.query('begin')
      await client.query(harm)
      if ((await client.query(broken)).rows.length === 0) found.push(title)
      await client.query('rollback')
    }
    return found
  })
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
