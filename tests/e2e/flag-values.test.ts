/** Values and prerequisites in the console: JSON that is checked while it is typed, and by the server. */
import { expect, test } from 'vitest'

import { newFlag } from '../../packages/server/test/support/flags.ts'
import { expectOk } from '../support/server.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

const shop = openConsole(seedShop)
const params = { project: 'shop' }

test('values of an object flag are written with a schema, and a prerequisite is published', async () => {
  const banner = {
    ...newFlag('banner'),
    valueType: 'object' as const,
    variants: { on: { title: 'Hello' }, off: { title: '' } },
  }
  expectOk(await shop.server.admin.call('createFlag', { params, body: banner }))
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  const live = async () =>
    expectOk(await shop.server.admin.call('getFlag', { params: { ...params, flag: 'banner' } }))

  await page.goto('/p/shop/flags/banner?env=development&tab=values')
  const variants = page.getByRole('textbox', { name: 'Variants' })
  const store = page.getByRole('button', { name: 'Store the values' })
  await variants.fill('{"on": {"title": 7}, "off": 3}')
  await page.getByText('off is no object.').waitFor()
  expect(await store.isDisabled()).toBe(true)

  await variants.fill('{"on": {"title": 7}, "off": {"title": ""}}')
  await page
    .getByRole('textbox', { name: 'JSON Schema' })
    .fill('{"type": "object", "properties": {"title": {"type": "string"}}}')
  await store.click()
  await page.getByText('The value must be string').first().waitFor()

  await variants.fill('{"on": {"title": "Hi"}, "off": {"title": ""}}')
  await store.click()
  await expect.poll(async () => (await live()).variants['on']).toEqual({ title: 'Hi' })
  expect((await live()).schema).toMatchObject({ type: 'object' })

  await page.getByRole('tab', { name: 'Targeting' }).click()
  await page
    .getByRole('textbox', { name: 'Prerequisites' })
    .fill('[{"flag": "gift-cards", "variants": ["on"]}]')
  await page.getByRole('button', { name: 'Publish to development' }).click()
  await page.getByRole('dialog').getByText('gift-cards serves on').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click()
  await expect
    .poll(
      async () => (await live()).environments.find((it) => it.environment === 'development')?.prerequisites,
    )
    .toEqual([{ flag: 'gift-cards', variants: ['on'] }])
})
