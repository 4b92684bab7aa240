/** The hooks of a project, and a new one. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useWrite } from '../query.ts'
import { quoted } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { CreateCard } from './create-card.tsx'
import { NEW_HOOK } from './hook-fields.ts'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

export function Hooks(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listHooks', { params: { project } })
  const create = useWrite('createHook')
  const cannot = useCannot('project:write')
  return (
    <SettingsPage title="Hooks" actions={<Freshness of={[read]} />}>
      <ListCard
        title="Hooks"
        read={read}
        empty={
          <EmptyState
            title="Everything is put back by hand"
            command="flagmarshal hook create deploy --file hook.json"
          >
            A hook puts code, data or infrastructure back when a feature is rolled back, exactly in the
            version that was approved, after it has been tried out in a drill.
          </EmptyState>
        }
      >
        {(items) => (
          <Table columns={['Hook', 'Puts back', 'Asked by', 'Version']}>
            {items.map((it) => (
              <tr key={it.key}>
                <td>
                  <Link to={paths.hook(project, it.key)}>
                    <strong>{it.key}</strong>
                  </Link>{' '}
                  <span className="fm-dim">{it.title}</span>
                </td>
                <td>{it.part}</td>
                <td>{it.production.action.kind}</td>
                <td>
                  {it.revision}, <TimeAgo at={it.createdAt} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </ListCard>
      <CreateCard
        title="A new hook"
        verb="Make the hook"
        fields={() => NEW_HOOK}
        cannot={cannot}
        create={(body) =>
          // The form has its fields; the server checks the shape.
          create.mutateAsync([{ params: { project }, body: body as never }]).catch(() => undefined)
        }
        creating={create.isPending}
        error={create.error}
        command={({ key = 'deploy', ...body }) =>
          `echo ${quoted(JSON.stringify(body))} | flagmarshal hook create ${String(key)} --file -`
        }
        request={`POST /api/v1/projects/${project}/hooks`}
      />
    </SettingsPage>
  )
}
