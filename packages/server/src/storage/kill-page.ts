/** Queries of the kill page: what is on anywhere, and the kill that a flag is off by. */
import type { Queries } from './database.ts'
import type { FlagConfigKey } from './flags.ts'

/** A flag that is on in an environment. */
export interface FlagThatIsOn extends FlagConfigKey {
  readonly name: string
  readonly environment_name: string
  readonly protected: boolean
}

/** The newest kill of a flag in an environment; undefined for one that was never killed. */
export async function selectLatestKill(
  queries: Queries,
  { project, environment, flag }: FlagConfigKey,
): Promise<string | undefined> {
  const row = await queries
    .selectFrom('verifications')
    .select('id')
    .where('kind', '=', 'kill')
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

/** Flags that are on, protected environments first; those whose key or name holds `search`, in any case. */
export async function selectFlagsThatAreOn(
  queries: Queries,
  search: string,
  limit: number,
): Promise<readonly FlagThatIsOn[]> {
  const pattern = `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`
  return await queries
    .selectFrom('flag_configs')
    .innerJoin('environments', (join) =>
      join
        .onRef('environments.project', '=', 'flag_configs.project')
        .onRef('environments.key', '=', 'flag_configs.environment'),
    )
    .innerJoin('flags', (join) =>
      join.onRef('flags.project', '=', 'flag_configs.project').onRef('flags.key', '=', 'flag_configs.flag'),
    )
    .select([
      'flag_configs.project',
      'flag_configs.environment',
      'flag_configs.flag',
      'flags.name',
      'environments.name as environment_name',
      'environments.protected',
    ])
    .where('flag_configs.enabled', '=', true)
    .where((it) => it.or([it('flags.key', 'ilike', pattern), it('flags.name', 'ilike', pattern)]))
    .orderBy('environments.protected', 'desc')
    .orderBy('flag_configs.project')
    .orderBy('environments.position', 'desc')
    .orderBy('flag_configs.flag')
    .limit(limit)
    .execute()
}
