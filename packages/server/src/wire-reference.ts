/** Wires everything that looks at references: repositories, the resolver, the hourly look. */
import path from 'node:path'

import type { Config } from './config.ts'
import { createRepositories } from './integrations/git/repositories.ts'
import type { Outgoing } from './integrations/interfaces.ts'
import { jiraIssues } from './integrations/jira/find-issue.ts'
import { watchInputs } from './procedure/watch-inputs.ts'
import type { WatchParts } from './procedure/watch-inputs.ts'
import { createResolver } from './reference/resolver.ts'
import type { Resolver } from './reference/resolver.ts'
import type { MonitoringPrograms } from './reference/see-connection.ts'
import type { Safe } from './secret/seal.ts'
import type { Stop } from './storage/database.ts'

/** Starts the hourly look; `watch` ends it. */
export function startReferences(
  {
    outgoing,
    safe,
    monitoring,
    ...parts
  }: Omit<WatchParts, 'resolver'> & {
    readonly outgoing: Outgoing
    readonly safe: Safe
    readonly monitoring: MonitoringPrograms
  },
  { dataDir, gitProtocols }: Config,
): { readonly resolver: Resolver; readonly watch: Stop } {
  const folder = path.join(dataDir, 'git')
  const repositories = createRepositories({ folder, protocols: gitProtocols, outgoing })
  const findIssue = jiraIssues(outgoing)
  const resolver = createResolver({ ...parts, outgoing, repositories, safe, monitoring, findIssue })
  return { resolver, watch: watchInputs({ ...parts, resolver }) }
}
