/** One flag in one environment: what it serves and to how many, who asks it, and how it came to this. */
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button, SegmentedControl, Tabs } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { ArchiveFlag } from './archive-flag.tsx'
import type { Config } from './config-draft.ts'
import { Edges } from './edges.tsx'
import { Explain } from './explain.tsx'
import type { Flag } from './flag-list.tsx'
import { History } from './history.tsx'
import { Instances } from './instances.tsx'
import { KillLinks } from './kill-links.tsx'
import { References } from './references.tsx'
import { Targeting } from './targeting.tsx'
import { useAddressed } from './use-addressed.ts'
import { ValuesEditor } from './values.tsx'

import classes from './flag.module.css'

const TABS = [
  ['targeting', 'Targeting'],
  ['explain', 'Who gets what'],
  ['values', 'Values'],
  ['instances', 'Instances'],
  ['history', 'History'],
  ['code', 'Code'],
] as const

/** What every part of the page is about. */
export interface FlagPart {
  readonly project: string
  readonly flag: Flag
  readonly config: Config
}

export function FlagPage(): ReactElement {
  const { project = '', flag = '' } = useParams({ strict: false })
  const read = useLive('getFlag', { params: { project, flag } })
  return (
    <Page
      title={read.data?.name ?? flag}
      crumbs={<Link to={paths.flags(project)}>Flags</Link>}
      beside={<code className="fm-dim">{flag}</code>}
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>{(it) => <Body project={project} flag={it} />}</Loaded>
    </Page>
  )
}

function Body({ project, flag }: { readonly project: string; readonly flag: Flag }): ReactElement {
  const last = flag.environments.at(-1)
  const environment = useAddressed('env', last?.environment ?? '')
  const tab = useAddressed('tab', 'targeting')
  const draft = useAddressed('draft', '').value
  const config = flag.environments.find((it) => it.environment === environment.value) ?? last
  if (config === undefined) return <p>The project has no environment.</p>
  const part: FlagPart = { project, flag, config }
  const key = `${flag.key} ${config.environment}`
  return (
    <>
      <Facts flag={flag} />
      <div className={classes['bar']}>
        <SegmentedControl
          className={classes['tabs'] ?? ''}
          value={config.environment}
          onChange={environment.go}
          data={flag.environments.map((it) => ({
            value: it.environment,
            label: `${it.environment} · ${it.enabled ? 'on' : 'off'}`,
          }))}
        />
        <Status
          of={config.enabled ? 'on' : 'off'}
          word={flag.archivedAt === undefined ? (config.enabled ? 'On' : 'Off') : 'Archived'}
        />
        <span className="fm-dim">
          revision {config.revision}, <TimeAgo at={config.updatedAt} /> by {config.updatedBy}
        </span>
        <span className={classes['right']}>
          <Link to={paths.compareFlag(project, flag.key)}>Compare environments</Link>
          {config.enabled ? <Kill {...part} /> : null}
          <ArchiveFlag project={project} flag={flag} />
        </span>
      </div>
      <Tabs value={tab.value} onChange={(it) => tab.go(it ?? 'targeting')} keepMounted={false}>
        <Tabs.List aria-label="About the flag" className={classes['tablist'] ?? ''}>
          {TABS.map(([value, word]) => (
            <Tabs.Tab key={value} value={value}>
              {word}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="targeting" pt="md">
          {draft === '' ? (
            <Targeting key={key} {...part} />
          ) : (
            <TargetingOfDraft key={`${key} ${draft}`} part={part} draft={draft} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="explain" pt="md">
          <Card title="Who gets what, and why">
            <Explain key={key} {...part} />
          </Card>
        </Tabs.Panel>
        <Tabs.Panel value="values" pt="md">
          <ValuesEditor key={`${flag.key} ${flag.revision}`} project={project} flag={flag} />
        </Tabs.Panel>
        <Tabs.Panel value="instances" pt="md">
          <div className={classes['stack']}>
            <Edges {...part} />
            <Instances {...part} />
            <KillLinks {...part} />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="history" pt="md">
          <History {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="code" pt="md">
          <References project={project} flag={flag.key} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

/** The editor with what a draft proposes, to be saved into it again. */
function TargetingOfDraft({
  part,
  draft,
}: {
  readonly part: FlagPart
  readonly draft: string
}): ReactElement {
  const read = useRead('showDraft', { params: { project: part.project, draft } })
  return <Loaded read={read}>{(saved) => <Targeting {...part} saved={saved} />}</Loaded>
}

function Facts({ flag }: { readonly flag: Flag }): ReactElement {
  const variants = Object.entries(flag.variants).map(([name, it]) => `${name} = ${JSON.stringify(it)}`)
  return (
    <p className="fm-sentence">
      {flag.kind} flag of {flag.owner}, read in {flag.layers.join(', ')}; variants {variants.join(', ')}
      {flag.expiresAt === undefined ? (
        `; stays: ${flag.permanentReason ?? ''}`
      ) : (
        <>
          ; ends <TimeAgo at={flag.expiresAt} />
        </>
      )}
      . {flag.description ?? ''}
    </p>
  )
}

/** Turning off is never refused; what it means is said before. */
function Kill({ project, flag, config }: FlagPart): ReactElement {
  const [opened, dialog] = useDisclosure(false)
  const { environment } = config
  const params = { project, flag: flag.key, environment }
  const kill = useWrite('killFlag')
  const address = paths.kill(project, environment, flag.key)
  return (
    <>
      <Button size="xs" color="#c92a2a" onClick={dialog.open}>
        Turn off now
      </Button>
      <Confirm
        opened={opened}
        close={dialog.close}
        title={`Turn off ${flag.key} in ${environment}`}
        verb="Turn off"
        danger
        reason="Why"
        act={async (reason) => {
          await kill.mutateAsync([{ params, body: { reason } }])
          // The kill page counts up who has confirmed it.
          location.assign(address)
        }}
      >
        {opened ? <Loss project={project} flag={flag} config={config} /> : null}
        <CopyCommand
          command={`flagmarshal kill ${commandWord(flag.key)} -e ${environment} --reason ${quoted('why')} --wait 10s`}
        />
      </Confirm>
    </>
  )
}

function Loss({ project, flag, config }: FlagPart): ReactElement {
  const { environment } = config
  const reach = useRead('estimateReach', { params: { project, flag: flag.key, environment }, body: {} })
  const instances = useRead('listInstances', { params: { project, environment } })
  const connected = (instances.data?.items ?? []).filter((it) => it.state === 'connected').length
  return (
    <Loaded read={reach}>
      {(it) => (
        <>
          <p>
            Now: {it.sentence} Afterwards everybody is served “{config.offVariant}”.
          </p>
          <p>
            {connected === 1 ? 'One instance is' : `${connected} instances are`} connected and must confirm
            it. A rollout that runs is stopped. Turning it on again passes the gate.
          </p>
        </>
      )}
    </Loaded>
  )
}
