/** One document, as it would be published now. */
import type { Block, Document, Inline, Line } from '@flagmarshal/domain/runbook/tree'
import { useParams } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'

import { paths } from '../paths.ts'
import { useFeature } from '../procedure/feature-layout.tsx'
import { useRead } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'

import classes from './document.module.css'

export function DocumentPage(): ReactElement {
  const { run } = useFeature()
  const { document: name = '' } = useParams({ strict: false })
  const params = { project: run.project, run: run.id, document: name }
  const read = useRead('showDocument', { params, query: { format: 'json' } })
  return (
    <Loaded read={read}>
      {(text) => {
        const document = documentOf(text)
        return (
          <Card
            title={document.title}
            beside={<Link to={paths.documents(run.project, run.feature)}>all documents</Link>}
          >
            <article className={classes['document']}>
              {document.sections.map((it) => (
                <section key={it.id} aria-labelledby={`section-${it.id}`}>
                  <h3 id={`section-${it.id}`}>{it.title}</h3>
                  {it.blocks.map((block, index) => (
                    // Blocks have no names and never move.
                    <BlockView key={index} block={block} />
                  ))}
                </section>
              ))}
            </article>
            <CopyCommand
              command={`flagmarshal docs show ${run.feature} ${name}`}
              request={`GET /api/v1/projects/${run.project}/runs/${run.id}/documents/${name}`}
            />
          </Card>
        )
      }}
    </Loaded>
  )
}

/** What was published is wrapped: its provenance stands beside the document. */
function documentOf(text: string): Document {
  const copy = JSON.parse(text) as Document | { readonly document: Document }
  return 'document' in copy ? copy.document : copy
}

function BlockView({ block }: { readonly block: Block }): ReactElement {
  switch (block.kind) {
    case 'text':
      return <p>{words(block.text)}</p>
    case 'code':
      return <pre tabIndex={0}>{block.text}</pre>
    case 'list': {
      const items = block.items.map((it, index) => <li key={index}>{words(it)}</li>)
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>
    }
    case 'table':
      return (
        <div className={classes['scroll']} tabIndex={0} role="group" aria-label="Table">
          <table className="fm-table">
            {block.headings.every((it) => it === '') ? null : (
              <thead>
                <tr>
                  {block.headings.map((it, index) => (
                    <th key={index}>{it}</th>
                  ))}
                </tr>
              </thead>
            )}
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((it, column) => (
                    <td key={column}>{words(it)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
  }
}

function words(line: Line): ReactNode {
  const parts: readonly Inline[] = typeof line === 'object' && !('code' in line) ? line : [line]
  return parts.map((it, index) => (typeof it === 'string' ? it : <code key={index}>{it.code}</code>))
}
