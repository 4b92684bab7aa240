/**
 * Comments of Jira Cloud v3: they are documents (ADF), a plain string is refused.
 * https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
import type { Message } from '../interfaces.ts'

/** A message as a document. The last line carries its id, by which a repeat is recognised. */
export function adfOf({ headline, detail, links, id }: Message): Record<string, unknown> {
  const paragraphs = [
    [{ type: 'text', text: headline, marks: [{ type: 'strong' }] }],
    ...(detail === '' ? [] : [[{ type: 'text', text: detail }]]),
    ...links.map(({ title, url }) => [
      { type: 'text', text: title, marks: [{ type: 'link', attrs: { href: url } }] },
    ]),
    [{ type: 'text', text: id, marks: [{ type: 'code' }] }],
  ]
  return {
    type: 'doc',
    version: 1,
    content: paragraphs.map((content) => ({ type: 'paragraph', content })),
  }
}
