/**
 * Programs that tests start print plainly, wherever the tests run: under `CI` or `FORCE_COLOR` many
 * colour what is read here.
 */
import process from 'node:process'

delete process.env['FORCE_COLOR']
process.env['NO_COLOR'] = '1'
