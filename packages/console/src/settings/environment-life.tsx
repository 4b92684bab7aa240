/** Environments over time: one more, given up, taken back. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { line } from '../form/make-field.ts'
import { useRead, useWrite } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { AskButton } from './ask-button.tsx'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'

const FIELDS = [
  line('key', 'Key', { help: 'Like preview or canary: a-z, 0-9 and -. It never changes.' }),
  line('name', 'Name'),
  {
    kind: 'check' as const,
    key: 'protected',
    label: 'Protected',
    help: 'Raising exposure there needs the procedure or an approved draft.',
    optional: true as const,
  },
]

export function EnvironmentLife({ project }: { readonly project: string }): ReactElement {
  const read = useRead('listEnvironments', { params: { project } })
  const add = useWrite('addEnvironment')
  const archive = useWrite('archiveEnvironment')
  const restore = useWrite('restoreEnvironment')
  const cannot = useCannot('project:write')
  const of = (environment: string) => ({ params: { project, environment } })
  return (
    <>
      <Card title="All environments" flush>
        <Loaded read={read}>
          {({ items }) => (
            <Table columns={['Environment', 'State', 'Act']}>
              {items.map((it) => (
                <tr key={it.key}>
                  <td>
                    {it.name} <code className="fm-dim">{it.key}</code>
                  </td>
                  <td>{it.archivedAt === null ? 'in use' : 'archived'}</td>
                  <td>
                    {it.archivedAt === null ? (
                      <AskButton
                        word="Archive…"
                        of={`the environment ${it.key}`}
                        cannot={cannot}
                        title={`Give ${it.name} up`}
                        verb="Archive it"
                        act={() => archive.mutateAsync([of(it.key)])}
                        command={`flagmarshal environment archive ${it.key}`}
                      >
                        Every flag in {it.key} is turned off and its keys are revoked at once. It can be taken
                        back: then every flag is off in it, and keys are made anew.
                      </AskButton>
                    ) : (
                      <Button
                        variant="default"
                        size="compact-xs"
                        disabled={cannot !== undefined}
                        aria-label={`Restore the environment ${it.key}`}
                        onClick={() => restore.mutate([of(it.key)])}
                      >
                        Restore
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </Loaded>
      </Card>
      <CreateCard
        title="One more environment"
        says="Every flag is off in it until somebody turns it on."
        verb="Add it"
        fields={() => FIELDS}
        cannot={cannot}
        create={(body) => {
          const wanted = {
            key: wordOf(body, 'key', ''),
            name: wordOf(body, 'name', ''),
            protected: body['protected'] === true,
          }
          return add.mutateAsync([{ params: { project }, body: wanted }]).catch(() => undefined)
        }}
        creating={add.isPending}
        error={add.error}
        command={(body) => `flagmarshal environment add ${wordOf(body, 'key', 'preview')}`}
        request={`POST /api/v1/projects/${project}/environments`}
      />
    </>
  )
}
