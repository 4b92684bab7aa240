/** The own tokens for the command line: made, shown once, revoked. */
import { Button, Group, NumberInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { useLive, useWrite } from '../query.ts'
import { ShownOnce } from '../settings/shown-once.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useMe } from './session.ts'

export function OwnTokens(): ReactElement {
  const me = useMe()
  const read = useLive('listOwnTokens')
  const create = useWrite('createOwnToken')
  const revoke = useWrite('revokeOwnToken')
  const [name, setName] = useState('command line')
  const [days, setDays] = useState<string | number>(30)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    await create.mutateAsync([{ body: { name, expiresInDays: Number(days) } }]).catch(() => undefined)
  }
  return (
    <Card title="Tokens for the command line">
      <p className="fm-dim">
        A token acts as you, with all of your roles. <code>flagmarshal login</code> asks for one through the
        browser and keeps it; where it has no browser, make one here and give it with <code>--paste</code>.
      </p>
      <form onSubmit={(event) => void submit(event)}>
        <Group align="end" gap="sm">
          <TextInput
            label="What it is for"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NumberInput
            label="Days until it expires"
            required
            min={1}
            max={365}
            value={days}
            onChange={setDays}
          />
          <Button type="submit" loading={create.isPending}>
            Make a token
          </Button>
        </Group>
      </form>
      {create.error === null ? null : <ErrorView error={create.error} />}
      {create.data === undefined ? null : (
        <ShownOnce what="Your token" secret={create.data.token} close={() => create.reset()}>
          <CopyCommand command={`flagmarshal login --paste --server ${window.location.origin}`} />
        </ShownOnce>
      )}
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="fm-dim">You have none.</p>
          ) : (
            <Table columns={['For', 'Used', 'Expires', 'Act']}>
              {items.map((it) => (
                <tr key={it.id}>
                  <td>
                    {it.name}
                    {it.createdBy === me?.id ? null : (
                      <div className="fm-dim">made by {it.createdBy ?? 'unknown'}</div>
                    )}
                  </td>
                  <td>{it.lastUsedAt === null ? 'never' : <TimeAgo at={it.lastUsedAt} />}</td>
                  <td>{it.expiresAt === null ? 'never' : <TimeAgo at={it.expiresAt} />}</td>
                  <td>
                    <Button
                      variant="default"
                      size="compact-xs"
                      aria-label={`Revoke ${it.name}`}
                      onClick={() => revoke.mutate([{ params: { token: it.id } }])}
                    >
                      Revoke
                    </Button>
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
    </Card>
  )
}
