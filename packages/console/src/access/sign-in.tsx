/** Signing in: at the organisation's provider, or with a password. */
import { Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { paths } from '../paths.ts'
import { problemOf, useRead, useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Door } from './door.tsx'
import { Forgotten } from './forgotten.tsx'
import { LeaveForProvider } from './leave-for-provider.tsx'
import { useEnter } from './session.ts'

export function SignIn(): ReactElement {
  const enter = useEnter()
  const signIn = useWrite('signIn')
  const [person, setPerson] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const search = useRouterState({ select: (state) => state.location.searchStr })
  const then = new URLSearchParams(search).get('then') ?? paths.home()
  const setUp = useRead('showSetUp')
  const provider = setUp.data?.provider ?? null

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const opened = await signIn
      .mutateAsync([{ body: { person, password, ...(code === '' ? {} : { code: code.trim() }) } }])
      .catch(() => undefined)
    if (opened !== undefined) enter(then)
  }

  const withoutPasswords = setUp.data?.needed === true
  if (withoutPasswords && provider === null) {
    return (
      <Door
        title="Nobody can sign in yet"
        intro="The first administrator is set up with the one-time link that the server printed when it started. Open that link; a restart prints it again."
      >
        {null}
      </Door>
    )
  }
  return (
    <Door title="Sign in">
      {provider === null ? null : (
        <>
          <LeaveForProvider to="beginSignIn" page={pageOf(then)} wide>
            {`Sign in with ${provider}`}
          </LeaveForProvider>
          {withoutPasswords ? null : <Divider label="or with a password" my="md" />}
        </>
      )}
      <form hidden={withoutPasswords} onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput
            label="Id or e-mail address"
            autoComplete="username"
            required
            data-autofocus
            value={person}
            onChange={(event) => setPerson(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {asksForCode(signIn.error) || code !== '' ? (
            <TextInput
              label="Code of your second factor"
              description="Six digits of your authenticator app, or a recovery code."
              autoComplete="one-time-code"
              required
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          ) : null}
          {signIn.error === null ? null : <ErrorView error={signIn.error} />}
          <Button type="submit" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
      {setUp.data?.resetByMail === true ? <Forgotten /> : null}
    </Door>
  )
}

/** A page of this console: whatever else stands in the address is none of ours. */
function pageOf(then: string): string {
  return /^\/(?![/\\])/.test(then) ? then : paths.home()
}

function asksForCode(error: unknown): boolean {
  const code = problemOf(error)?.code
  return code === 'second-factor-needed' || code === 'code-wrong'
}
