/** Showing once more who one is, where a signature asks for it: a code, the password, or the organisation's sign-in. */
import { Button, Group, PasswordInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { problemOf, useRead, useWrite } from '../query.ts'
import { Status } from '../ui/status.tsx'
import { useJustProved } from './carried.ts'
import { LeaveForProvider } from './leave-for-provider.tsx'

export function Prove(): ReactElement {
  const factor = useRead('showSecondFactor')
  const identity = useRead('showIdentity')
  const [done, setDone] = useState(false)
  if (done) return <Shown now="sign again" />
  const byCode = factor.data?.state === 'on'
  // Nobody begins to type into a field that then goes or becomes another.
  const known = !factor.isPending && !identity.isPending
  const provider = identity.data?.connected ? identity.data.provider : null
  const { pathname, search } = window.location
  return (
    <Group align="end" gap="sm">
      {/* Who has neither password nor code can do nothing with a field. */}
      {known && (byCode || identity.data?.hasPassword !== false) ? (
        <Typed byCode={byCode} done={() => setDone(true)} />
      ) : null}
      {provider === null ? null : (
        <LeaveForProvider to="beginProof" page={`${pathname}${search}`}>
          {`Show it at ${provider}`}
        </LeaveForProvider>
      )}
    </Group>
  )
}

/** Beside the button of a signature: somebody has come back from the provider and may sign now. */
export function JustProved({ of }: { readonly of: string }): ReactElement | null {
  return useJustProved(of) ? <Shown now="you can sign now" /> : null
}

function Shown({ now }: { readonly now: string }): ReactElement {
  return (
    <div role="status">
      <Status of="pass" word={`You have shown who you are: ${now}`} />
    </div>
  )
}

interface TypedProps {
  readonly byCode: boolean
  readonly done: () => void
}

function Typed({ byCode, done }: TypedProps): ReactElement {
  const prove = useWrite('prove')
  const [text, setText] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    // Inside the form of what is signed: that one is sent again by hand.
    event.stopPropagation()
    const body = byCode ? { code: text.trim() } : { password: text }
    const proved = await prove.mutateAsync([{ body }]).catch(() => undefined)
    setText('')
    if (proved !== undefined) done()
  }
  const error = problemOf(prove.error)?.detail
  const change = (event: { readonly currentTarget: { readonly value: string } }): void =>
    setText(event.currentTarget.value)
  return (
    <>
      {byCode ? (
        <TextInput
          label="Code of your second factor"
          autoComplete="one-time-code"
          inputMode="numeric"
          value={text}
          error={error}
          onChange={change}
        />
      ) : (
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          value={text}
          error={error}
          onChange={change}
        />
      )}
      <Button
        variant="default"
        type="button"
        disabled={text === ''}
        loading={prove.isPending}
        onClick={(event) => void submit(event)}
      >
        Show who I am
      </Button>
    </>
  )
}
