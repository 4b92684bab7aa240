/** The files of monitoring made from the plan: seen here, downloaded for whoever installs them. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useFeature } from '../procedure/feature-layout.tsx'
import { problemOf, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { saveFile } from './save-file.ts'

import classes from '../procedure/feature.module.css'

type Files = Answer<'showMonitoringFiles'>

interface File {
  readonly name: string
  readonly text: string
  /** What is done with it. */
  readonly says: string
}

export function MonitoringFiles(): ReactElement {
  const { run } = useFeature()
  const params = { project: run.project, run: run.id }
  const read = useRead('showMonitoringFiles', { params })
  const problem = problemOf(read.error)
  const why = problem?.status === 409 ? problem : undefined
  return (
    <>
      <Card title="Files of monitoring">
        <Sentence>
          Made from the rollout plan and step 4. Where Prometheus, Alertmanager and Grafana are connected,
          step 4 installs and tries them; elsewhere whoever runs those programs takes them from here.
        </Sentence>
        <p>
          <Link to={paths.step(run.project, run.feature, 4)}>Step 4</Link> ·{' '}
          <Link to={paths.connections(run.project)}>Connections</Link>
        </p>
        <CopyCommand
          command={`flagmarshal monitoring export ${run.feature} --out monitoring`}
          request={`GET /api/v1/projects/${run.project}/runs/${run.id}/monitoring-files`}
        />
      </Card>
      {why === undefined ? (
        <Loaded read={read}>
          {(it) => filesOf(it).map((file) => <OneFile key={file.name} file={file} />)}
        </Loaded>
      ) : (
        <Card title="There are none yet">
          <EmptyState
            title={why.detail}
            action={<Link to={paths.step(run.project, run.feature, 3)}>Write the plan</Link>}
          >
            {why.remedy ?? ''}
          </EmptyState>
        </Card>
      )}
    </>
  )
}

function OneFile({ file: { name, text, says } }: { readonly file: File }): ReactElement {
  const lines = text.split('\n').length
  return (
    <Card
      title={name}
      beside={<span className="fm-dim">{lines.toLocaleString('en')} lines</span>}
      actions={
        <Button
          variant="default"
          size="xs"
          aria-label={`Download ${name}`}
          onClick={() => saveFile(name, text, 'text/plain')}
        >
          Download
        </Button>
      }
    >
      <p className="fm-sentence">{says}</p>
      <details open={lines <= 60}>
        <summary>What is in it</summary>
        <pre className={classes['json']} tabIndex={0} aria-label={name}>
          {text}
        </pre>
      </details>
    </Card>
  )
}

function filesOf({ rules, tests, dashboard, alertmanager }: Files): readonly File[] {
  return [
    {
      name: 'rules.yml',
      text: rules,
      says: 'Alert rules with burn rates. Into the folder of rule files of Prometheus, then reload it.',
    },
    ...tests.map(({ name, text }) => ({
      name,
      text,
      says: 'For `promtool test rules`: that the rules fire when they must and are silent when they must.',
    })),
    {
      name: 'alertmanager.yml',
      text: alertmanager,
      says: 'Receiver and route that bring alerts back to this server. Merge them into the configuration of Alertmanager.',
    },
    {
      name: 'dashboard.json',
      text: JSON.stringify(dashboard, null, 2),
      says: 'The dashboard as Grafana stores it: provision the file or import it.',
    },
  ]
}
