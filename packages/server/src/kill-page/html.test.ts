import { expect, test } from 'vitest'

import { html } from './html.ts'

test('what is put into a template is text, in elements and in attributes', () => {
  const nasty = `"><script>alert('1')</script>&amp;`
  expect(html`<p title="${nasty}">${nasty}</p>`.markup).toBe(
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;</p>',
  )
})

test('markup of templates goes in as it is, alone and in lists', () => {
  const items = ['a', '<b>'].map((it) => html`<li>${it}</li>`)
  const [list, rest] = [html`${items}`, html`<br />`]
  expect(html`${list}${rest}`.markup).toBe('<li>a</li><li>&lt;b&gt;</li><br />')
})
