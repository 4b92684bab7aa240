/** The second factor of the own account: begun with a QR code, confirmed, and its recovery codes. */
import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { QrCode } from './qr-code.tsx'

export function SecondFactor({ hasPassword }: { readonly hasPassword: boolean }): ReactElement {
  const read = useRead('showSecondFactor')
  const [codes, setCodes] = useState<readonly string[]>()
  return (
    <Card title="Second factor">
      <Loaded read={read}>
        {(factor) => (
          <Stack gap="sm" maw={560}>
            {codes === undefined ? null : <Codes codes={codes} close={() => setCodes(undefined)} />}
            {factor.state === 'on' ? (
              <On factor={factor} />
            ) : (
              <Begin hasPassword={hasPassword} confirmed={setCodes} />
            )}
          </Stack>
        )}
      </Loaded>
    </Card>
  )
}

function Codes({
  codes,
  close,
}: {
  readonly codes: readonly string[]
  readonly close: () => void
}): ReactElement {
  return (
    <div role="status">
      <Status of="hold" word="Recovery codes are shown once: keep them apart from your phone" />
      <CopyCommand command={codes.join(' ')} />
      <Button variant="default" size="xs" onClick={close}>
        I have them
      </Button>
    </div>
  )
}

function On({ factor }: { readonly factor: Answer<'showSecondFactor'> }): ReactElement {
  const remove = useWrite('removeSecondFactor')
  const [code, setCode] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    await remove.mutateAsync([{ body: { code: code.trim() } }]).catch(() => undefined)
    setCode('')
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <div>
          <Status of="pass" word="On" />{' '}
          <span className="fm-dim">
            since {factor.confirmedAt === null ? '' : <TimeAgo at={factor.confirmedAt} />},{' '}
            {factor.recoveryCodesLeft} recovery codes left
          </span>
        </div>
        <Group align="end" gap="sm">
          <TextInput
            label="A code of it, to remove it"
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={remove.isPending}>
            Remove it
          </Button>
        </Group>
        {remove.error === null ? null : <ErrorView error={remove.error} />}
      </Stack>
    </form>
  )
}

interface BeginProps {
  readonly hasPassword: boolean
  readonly confirmed: (codes: readonly string[]) => void
}

function Begin({ hasPassword, confirmed }: BeginProps): ReactElement {
  const enrol = useWrite('enrolSecondFactor')
  const [password, setPassword] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const body = password === '' ? {} : { password }
    await enrol.mutateAsync([{ body }]).catch(() => undefined)
    setPassword('')
  }
  if (enrol.data !== undefined) return <Confirming begun={enrol.data} confirmed={confirmed} />
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <p className="fm-dim">
          None. With an authenticator app you sign in with a code beside the password, and show who you are
          before a signature where the project asks for it.
        </p>
        <Group align="end" gap="sm">
          {hasPassword ? (
            <PasswordInput
              label="Your password, to begin"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          ) : null}
          <Button type="submit" loading={enrol.isPending}>
            Set it up
          </Button>
        </Group>
        {enrol.error === null ? null : <ErrorView error={enrol.error} />}
      </Stack>
    </form>
  )
}

interface ConfirmingProps {
  readonly begun: Answer<'enrolSecondFactor'>
  readonly confirmed: (codes: readonly string[]) => void
}

function Confirming({ begun, confirmed }: ConfirmingProps): ReactElement {
  const confirm = useWrite('confirmSecondFactor')
  const [code, setCode] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const done = await confirm.mutateAsync([{ body: { code: code.trim() } }]).catch(() => undefined)
    if (done !== undefined) confirmed(done.recoveryCodes)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <QrCode of={begun.uri} label="QR code for your authenticator app" />
        <div>
          Or write into the app: <code>{begun.secret}</code>
        </div>
        <Group align="end" gap="sm">
          <TextInput
            label="The code that the app shows"
            autoComplete="one-time-code"
            inputMode="numeric"
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" loading={confirm.isPending}>
            Confirm it
          </Button>
        </Group>
        {confirm.error === null ? null : <ErrorView error={confirm.error} />}
      </Stack>
    </form>
  )
}
