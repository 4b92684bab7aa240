/** Where the documents of runs are published: repository, branch, folder. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { line, lines } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { EditCard } from './edit-card.tsx'
import type { Body } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

const FIELDS = [
  line('remote', 'Repository', {
    optional: true,
    help: "An https, ssh, http or file address without a password. Empty: the built-in one in the server's data directory.",
  }),
  line('branch', 'Branch'),
  line('path', 'Folder', { help: 'Each feature has one in it.' }),
  lines('runbooks', 'Runbooks of yours', {
    optional: true,
    help: 'Files in the repository that get a managed section for each feature.',
  }),
]

export function Documentation(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('showDocumentation', { params: { project } })
  const write = useWrite('writeDocumentation')
  const cannot = useCannot('project:write')
  return (
    <SettingsPage title="Documentation" actions={<Freshness of={[read]} />}>
      <Loaded read={read}>
        {({ remote, branch, path, runbooks, revision }) => (
          <EditCard
            title="Repository"
            says="Each publication is a commit with the hash of the bundle in its header. That it works is shown by publishing: the Documents page of a feature says what the repository answered."
            what="the repository"
            fields={FIELDS}
            stored={{ ...(remote === null ? {} : { remote }), branch, path, runbooks }}
            revision={revision}
            cannot={cannot}
            save={(body, ifMatch) =>
              write.mutateAsync([{ params: { project }, body, ifMatch }]).catch(() => undefined)
            }
            saving={write.isPending}
            error={write.error}
            command={commandOf}
            request={`PUT /api/v1/projects/${project}/documentation`}
          />
        )}
      </Loaded>
    </SettingsPage>
  )
}

function commandOf({ remote, branch, path, runbooks }: Body): string {
  const where = typeof remote === 'string' ? `--remote ${remote}` : '--built-in'
  const more = Array.isArray(runbooks)
    ? ` --runbook ${runbooks.map((it) => `'${String(it)}'`).join(' ')}`
    : ''
  return `flagmarshal docs repository ${where} --branch ${String(branch)} --path '${String(path)}'${more}`
}
