/** The own account: who one is, the organisation's sign-in, the password, the second factor, and open sessions. */
import { Button, PasswordInput, Stack } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { useRead, useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Connection } from './connection.tsx'
import { OwnTokens } from './own-tokens.tsx'
import { SecondFactor } from './second-factor.tsx'
import { useMe } from './session.ts'
import { Sessions } from './sessions.tsx'

export function Account(): ReactElement {
  const me = useMe()
  const identity = useRead('showIdentity')
  return (
    <Page title={me?.name ?? 'Account'} beside={<span className="fm-dim">{me?.roles.join(', ')}</span>}>
      <Connection />
      {identity.data?.hasPassword === false ? null : <Password />}
      <SecondFactor hasPassword={identity.data?.hasPassword !== false} />
      <OwnTokens />
      <Sessions />
    </Page>
  )
}

function Password(): ReactElement {
  const change = useWrite('changePassword')
  const [fields, setFields] = useState({ current: '', next: '' })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    await change.mutateAsync([{ body: fields }]).catch(() => undefined)
    setFields({ current: '', next: '' })
  }
  return (
    <Card title="Password">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm" maw={400}>
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            required
            value={fields.current}
            onChange={(event) => setFields({ ...fields, current: event.currentTarget.value })}
          />
          <PasswordInput
            label="New password"
            description="At least 12 characters. Every other session of yours ends."
            autoComplete="new-password"
            required
            minLength={12}
            value={fields.next}
            onChange={(event) => setFields({ ...fields, next: event.currentTarget.value })}
          />
          {change.error === null ? null : <ErrorView error={change.error} />}
          {change.isSuccess ? (
            <div role="status">
              <Status of="pass" word="The password has been changed" />
            </div>
          ) : null}
          <div>
            <Button type="submit" loading={change.isPending}>
              Change it
            </Button>
          </div>
        </Stack>
      </form>
    </Card>
  )
}
