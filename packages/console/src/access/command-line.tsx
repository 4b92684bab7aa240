/**
 * A command line asks to be let in: the page that `flagmarshal login` and `flagmarshal account prove` open. It says
 * which machine asks for what; nothing is given before the button is pressed, and then to that machine alone.
 */
import { wordOfChallenge } from '@flagmarshal/domain/access/browser-code'
import { Button, Group, NumberInput, Stack, TextInput } from '@mantine/core'
import { useRouterState } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { useRead, useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Status } from '../ui/status.tsx'
import { useCarried } from './carried.ts'
import { Door } from './door.tsx'

import classes from './door.module.css'

/** What the address asks for. */
interface Asked {
  readonly for: 'token' | 'proof'
  readonly challenge: string
  readonly state: string
  readonly port: number
  readonly machine: string
  readonly days: number
}

export function CommandLine(): ReactElement {
  const search = useRouterState({ select: (state) => state.location.searchStr })
  const query = new URLSearchParams(search)
  if (query.has('done')) {
    return (
      <Door title="Back to the terminal">
        <p>
          <Status of="pass" word="The command line has heard from you" /> Close this page; it says there how
          it went.
        </p>
      </Door>
    )
  }
  const asked = askedIn(query)
  if (asked === undefined) {
    return (
      <Door title="This address is not whole">
        <p>Copy all of it from the terminal, or begin anew there.</p>
      </Door>
    )
  }
  return <Consent asked={asked} />
}

/** What is in the address, if it is what the command line writes. */
function askedIn(query: URLSearchParams): Asked | undefined {
  const text = (name: string): string => query.get(name) ?? ''
  const [challenge, state, port, machine] = ['challenge', 'state', 'port', 'machine'].map(text)
  const wanted = query.get('for')
  if (wanted !== 'token' && wanted !== 'proof') return undefined
  if (challenge === undefined || !/^[\w-]{43}$/.test(challenge)) return undefined
  if (state === undefined || !/^[\w-]{20,100}$/.test(state)) return undefined
  // Of this machine, whatever the address says: nothing is ever sent to another one.
  if (port === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535 || Number(port) === 0)
    return undefined
  const days = Number(query.get('days') ?? '30')
  return {
    for: wanted,
    challenge,
    state,
    port: Number(port),
    machine: (machine ?? '').replaceAll(/[^\w .-]/g, '').slice(0, 60),
    days: Number.isInteger(days) && days >= 1 && days <= 90 ? days : 30,
  }
}

function Consent({ asked }: { readonly asked: Asked }): ReactElement {
  const me = useRead('whoAmI')
  const create = useWrite('createBrowserCode')
  const machine = asked.machine === '' ? 'a machine without a name' : asked.machine
  const [name, setName] = useCarried('name of the token', `flagmarshal on ${machine}`)
  const [days, setDays] = useCarried<string | number>('days of the token', asked.days)
  const answer = (said: Readonly<Record<string, string>>): void => {
    const query = new URLSearchParams({ ...said, state: asked.state })
    window.location.replace(`http://127.0.0.1:${asked.port}/?${query.toString()}`)
  }
  const letIn = async (): Promise<void> => {
    const { challenge } = asked
    const body =
      asked.for === 'token'
        ? { for: asked.for, challenge, name, expiresInDays: Number(days) }
        : { for: asked.for, challenge }
    const made = await create.mutateAsync([{ body }]).catch(() => undefined)
    if (made !== undefined) answer({ code: made.code })
  }
  return (
    <Door title={asked.for === 'token' ? 'Let a command line in?' : 'Is this you at the command line?'}>
      <Loaded read={me}>
        {(it) => (
          <Stack gap="md">
            <div>
              <code>flagmarshal</code> on <strong>{machine}</strong>{' '}
              {asked.for === 'token'
                ? 'asks for a token.'
                : 'asks whether you are there, before you sign with it.'}
            </div>
            <dl className={classes['facts']}>
              <dt>Acts as</dt>
              <dd>
                {it.name} ({it.id})
              </dd>
              <dt>May do</dt>
              <dd>{mayDo(asked.for, it)}</dd>
              <dt>The terminal shows</dt>
              <dd>
                <strong className={classes['word']}>{wordOfChallenge(asked.challenge)}</strong>
              </dd>
            </dl>
            {asked.for === 'token' ? (
              <Group align="end" gap="sm">
                <TextInput
                  label="Name of the token"
                  required
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <NumberInput label="Days" required min={1} max={90} w={90} value={days} onChange={setDays} />
              </Group>
            ) : null}
            <p className="fm-dim">
              Go on only if you have started it yourself a moment ago and it shows the same there. Otherwise
              somebody wants to act as you.
            </p>
            {create.error === null ? null : <ErrorView error={create.error} />}
            <Group>
              <Button loading={create.isPending} onClick={() => void letIn()}>
                {asked.for === 'token' ? 'Let it in' : 'Yes, it is me'}
              </Button>
              <Button variant="default" onClick={() => answer({ error: 'refused' })}>
                No
              </Button>
            </Group>
          </Stack>
        )}
      </Loaded>
    </Door>
  )
}

interface Who {
  readonly roles: readonly string[]
  readonly grants: readonly { readonly role: string; readonly project: string }[]
}

function mayDo(what: Asked['for'], { roles, grants }: Who): string {
  if (what === 'proof') return 'Sign with the token that it has, for as long as the project takes a proof.'
  const all = [...roles, ...grants.map((it) => `${it.role} in ${it.project}`)]
  return `Everything that you may: ${all.join(', ') || 'nothing at the moment'}`
}
