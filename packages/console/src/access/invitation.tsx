/** Accepting an invitation, by its link. Its secret is the fragment. */
import { Button, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { problemOf, reading, useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Door } from './door.tsx'
import { NewPerson } from './new-person.tsx'
import { useEnter } from './session.ts'

export function Invitation(): ReactElement {
  const enter = useEnter()
  const secret = location.hash.slice(1)
  // Accepting makes the link invalid; it is not read again then.
  const read = useQuery({ ...reading('readInvitation', { body: { secret } }), staleTime: Infinity })
  const accept = useWrite('acceptInvitation')
  const [fields, setFields] = useState({ id: '', name: '', password: '' })

  const [code, setCode] = useState('')
  const needsCode = ['second-factor-needed', 'code-wrong'].includes(problemOf(accept.error)?.code ?? '')

  const submit = async (event: FormEvent, known: boolean): Promise<void> => {
    event.preventDefault()
    const { id, name, password } = fields
    const withCode = code === '' ? {} : { code: code.trim() }
    const body = known ? { secret, password, ...withCode } : { secret, id, name, password }
    const opened = await accept.mutateAsync([{ body }]).catch(() => undefined)
    if (opened !== undefined) enter()
  }

  return (
    <Door title="Join">
      <Loaded read={read}>
        {(invitation) => {
          const known = invitation.person !== null
          return (
            <form onSubmit={(event) => void submit(event, known)}>
              <Stack gap="sm">
                <p className="fm-dim">
                  {known ? `Choose a password for ${invitation.name ?? invitation.person}. ` : ''}
                  You will be {invitation.roles.join(', ')}.
                </p>
                <NewPerson value={fields} change={setFields} error={accept.error} known={known} />
                {needsCode || code !== '' ? (
                  <TextInput
                    label="Code of your second factor"
                    autoComplete="one-time-code"
                    required
                    value={code}
                    onChange={(event) => setCode(event.currentTarget.value)}
                  />
                ) : null}
                {accept.error === null ? null : <ErrorView error={accept.error} />}
                <Button type="submit" loading={accept.isPending}>
                  {known ? 'Set the password' : 'Join'}
                </Button>
              </Stack>
            </form>
          )
        }}
      </Loaded>
    </Door>
  )
}
