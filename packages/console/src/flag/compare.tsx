/** Two environments side by side, and taking one's configuration over to the other. */
import { Button, Checkbox, Select } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { differencesOf } from './config-difference.ts'
import { bodyOf, draftOf } from './config-draft.ts'
import type { Config } from './config-draft.ts'
import { Differences } from './differences.tsx'
import type { Flag } from './flag-list.tsx'
import { useAddressed } from './use-addressed.ts'

import classes from './flag.module.css'

export function Compare(): ReactElement {
  const { project = '', flag = '' } = useParams({ strict: false })
  const read = useLive('getFlag', { params: { project, flag } })
  return (
    <Page
      title="Compare environments"
      crumbs={
        <>
          <Link to={paths.flags(project)}>Flags</Link> · <Link to={paths.flag(project, flag)}>{flag}</Link>
        </>
      }
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>{(it) => <Pair project={project} flag={it} />}</Loaded>
    </Page>
  )
}

function Pair({ project, flag }: { readonly project: string; readonly flag: Flag }): ReactElement {
  const { environments } = flag
  const from = useAddressed('from', environments.at(-2)?.environment ?? '')
  const to = useAddressed('to', environments.at(-1)?.environment ?? '')
  const [source, target] = [from, to].map(({ value }) => environments.find((it) => it.environment === value))
  const names = environments.map((it) => it.environment)
  return (
    <>
      <div className={classes['bar']}>
        <Select
          label="From"
          data={names}
          allowDeselect={false}
          value={from.value}
          onChange={(it) => from.go(it ?? '')}
        />
        <Select
          label="To"
          data={names}
          allowDeselect={false}
          value={to.value}
          onChange={(it) => to.go(it ?? '')}
        />
      </div>
      {source === undefined || target === undefined ? (
        <p>Choose two environments.</p>
      ) : (
        <Card title={`From ${source.environment} to ${target.environment}`}>
          <div className={classes['column']}>
            <Differences
              of={differencesOf(target, source)}
              before={`${target.environment}, revision ${target.revision}`}
              after={`${source.environment}, revision ${source.revision}`}
            />
            <Promote project={project} flag={flag} source={source} target={target} />
          </div>
        </Card>
      )}
    </>
  )
}

interface PromoteProps {
  readonly project: string
  readonly flag: Flag
  readonly source: Config
  readonly target: Config
}

/** Rules, off variant and the rest; whether it is on only where somebody says so. */
function Promote({ project, flag, source, target }: PromoteProps): ReactElement {
  const [opened, dialog] = useDisclosure(false)
  const [withState, setWithState] = useState(false)
  const write = useWrite('configureFlag')
  const params = { project, flag: flag.key, environment: target.environment }
  const body = { ...bodyOf(draftOf(source)), enabled: withState ? source.enabled : target.enabled }
  const owned = target.rules.filter((it) => it.rollout !== undefined)
  const changes = differencesOf(target, { ...body, rules: [...body.rules, ...owned] })
  return (
    <div className={classes['bar']}>
      <Button
        disabled={source.environment === target.environment || (changes.length === 0 && !withState)}
        onClick={dialog.open}
      >
        Promote to {target.environment}
      </Button>
      <Checkbox
        label={`Also turn it ${source.enabled ? 'on' : 'off'}, as in ${source.environment}`}
        checked={withState}
        onChange={(event) => setWithState(event.currentTarget.checked)}
      />
      <Confirm
        opened={opened}
        close={dialog.close}
        title={`Promote ${flag.key} to ${target.environment}`}
        verb="Promote"
        act={() => write.mutateAsync([{ params, body, ifMatch: target.revision }])}
      >
        <Differences of={changes} before={target.environment} after="Then" />
        <p className="fm-dim">
          Salts go along: the same users get the same. Segments keep the members that they have in{' '}
          {target.environment}. In a protected environment it passes the gate.
        </p>
      </Confirm>
    </div>
  )
}
