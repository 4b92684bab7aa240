/** `npm run site`: the documentation as a folder, `dist/site` unless another one is named. */
import path from 'node:path'
import process from 'node:process'

import { buildSite } from './site/build.ts'
import { ROOT } from './site/page.ts'

const [folder = path.join(ROOT, 'dist/site'), source] = process.argv.slice(2)
const { pages, links } = buildSite(folder, source)
console.log(`${pages.length} pages, ${links} links, in ${path.relative(process.cwd(), folder)}`)
