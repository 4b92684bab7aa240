/**
 * R19: whatever a person typed is text, on every page that shows it. What is typed here are scripts, in all
 * the ways in which pages have been made to run them. Every other browser test fails, too, when its page
 * tries anything against its policy: tests/e2e/support/browser.ts.
 */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'

import { configParams, configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { expectOk } from '../support/server.ts'
import { settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

const SCRIPTS = [
  '<img src=x onerror="window.wasRun=1">',
  '"><script>window.wasRun=1</script>',
  "'-alert(1)-'<svg onload=window.wasRun=1>",
  '</title></style></textarea><iframe srcdoc="<script>top.wasRun=1</script>">',
  '[click](javascript:window.wasRun=1) **b** `c`',
  '{{constructor.constructor("window.wasRun=1")()}} ${window.wasRun=1}',
  '\u2028window.wasRun=1//\u202e<math><mtext></mtext></math>',
]
const [img = '', script = '', svg = '', iframe = '', markdown = '', template = '', hidden = ''] = SCRIPTS

const shop = openConsole(async (server) => {
  const { stage } = await seedShop(server)
  const { admin } = server
  const params = { project: 'shop' }
  const { client } = stage.developer
  const flag = { ...newFlag('typed'), name: img, description: `${script}\n${markdown}`, owner: svg }
  expectOk(await client.call('createFlag', { params, body: flag }))
  const when = { attribute: iframe, op: 'equals' as const, values: [svg, script] }
  const segment = { key: 'typed', name: markdown, when, include: [img], exclude: [template] }
  expectOk(await client.call('createSegment', { params, body: segment }))
  const context = { targetingKey: hidden, [iframe]: script }
  const persona = { ...params, persona: 'typed' }
  expectOk(await client.call('savePersona', { params: persona, body: { name: template, context } }))
  const rules = [{ id: 'rule_1', name: svg, when: { segment: 'typed' }, serve: { variant: 'on' } }]
  await configure(server, 'typed', { ...EVERYBODY_ON, rules })
  const reason = `${script} ${iframe}`
  expectOk(await admin.call('killFlag', { params: configParams('typed'), body: { reason } }))
  expectOk(await admin.call('createPerson', { body: { id: 'typist', name: img, roles: ['developer'] } }))
  expectOk(await admin.call('createProject', { body: { key: 'typed', name: script } }))
  return { stage }
})

/** What the page shows, once it has been seen that nothing ran and nothing was made into an element. */
async function shownOf(page: Page): Promise<string> {
  await settled(page)
  await expect.poll(async () => (await page.content()).includes('wasRun')).toBe(true)
  const wasRun = await page.evaluate('window.wasRun')
  expect(wasRun).toBeUndefined()
  expect(await page.locator('img[src="x"], iframe, svg[onload], math, [onerror]').count()).toBe(0)
  expect(await page.locator('a[href^="javascript:"]').count()).toBe(0)
  const texts = `${await page.locator('body').innerText()}\n${await valuesOf(page)}`
  return oneLine(texts)
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ')

async function valuesOf(page: Page): Promise<string> {
  const fields = await page.locator('input, textarea').all()
  return (await Promise.all(fields.map((it) => it.inputValue().catch(() => '')))).join('\n')
}

describe('R19 what people typed is text', () => {
  test.each([
    ['the list of flags', '/p/shop/flags', img],
    ['a flag', '/p/shop/flags/typed?env=development', img],
    ['its history', '/p/shop/flags/typed?env=development&tab=history', script],
    ['the segments', '/p/shop/segments', markdown],
    ['a segment', '/p/shop/segments/typed?env=development', iframe],
    ['the audit chain', '/p/shop/audit', script],
    ['people', '/settings/people', img],
  ])('R19 %s', async (_, address, shown) => {
    await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
    visitor.page.on('dialog', (dialog) => visitor.wrongs.push(`dialog ${dialog.message()}`))
    await visitor.page.goto(address)
    expect(await shownOf(visitor.page)).toContain(oneLine(shown))
  })

  test('R19 the kill page, whose policy is as strict', async () => {
    await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
    const answer = await visitor.page.goto('/k/shop/development/typed')
    const headers = answer?.headers() ?? {}
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/)
    expect([headers['x-content-type-options'], headers['referrer-policy']]).toEqual([
      'nosniff',
      'no-referrer',
    ])
    expect(await shownOf(visitor.page)).toContain(img)
  })
})
