/** The report in a real browser: readable without scripts, in light, in dark and on paper. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const skip = executablePath === undefined ? 'no Chromium is installed: the report was not looked at in a browser' : false;
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-report-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function report(): string {
  const args = '--pages 64 --range 8 --faults 40 --repetitions 3 --invalidations 1k..1M:4 --policy all --out sweep'.split(' ');
  const { status, stderr } = spawnSync(process.execPath, [main, 'measure', ...args], { cwd: directory, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return pathToFileURL(join(directory, 'sweep', 'report.html')).href;
}

async function luminance(page: Page, property: string): Promise<number> {
  const colour: string = await page.evaluate(`getComputedStyle(document.body).getPropertyValue('${property}')`);
  const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

async function contrast(page: Page): Promise<number> {
  return (await luminance(page, 'background-color')) - (await luminance(page, 'color'));
}

test('the report in headless Chromium', { skip }, async (t) => {
  const url = report();
  const browser: Browser = await chromium.launch({
    executablePath: executablePath as string,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  t.after(() => browser.close());
  const open = async (options: Parameters<Browser['newPage']>[0]): Promise<Page> => {
    const page = await browser.newPage(options);
    page.on('request', (request) => assert.equal(request.url(), url, 'the file needs nothing else'));
    page.on('console', (message) => assert.fail(`the browser says: ${message.text()}`));
    await page.goto(url);
    return page;
  };

  await t.test('shows plots, table and command with scripts off', async () => {
    const page = await open({ javaScriptEnabled: false });
    assert.match(await page.innerText('.answer'), /\. .*\.$/);
    assert.equal(await page.locator('figure svg').count(), 5);
    assert.equal(await page.locator('tbody tr').count(), 4 * 7);
    assert.match(await page.innerText('pre'), /^npx hmm-lab measure /);
    for (const box of await page.locator('figure').all()) assert.ok(((await box.boundingBox())?.height ?? 0) > 200);
  });

  await t.test('is dark on light, light on dark, and dark on light on paper', async () => {
    assert.ok((await contrast(await open({ colorScheme: 'light' }))) > 0.7);
    const dark = await open({ colorScheme: 'dark' });
    assert.ok((await contrast(dark)) < -0.7);
    await dark.emulateMedia({ media: 'print' });
    assert.ok((await contrast(dark)) > 0.7);
    assert.ok((await dark.pdf()).length > 10_000);
  });

  await t.test('is never wider than a small screen', async () => {
    const page = await open({ viewport: { width: 380, height: 700 } });
    assert.ok((await page.evaluate('document.documentElement.scrollWidth')) === 380);
  });

  await t.test('labels that can be read do not lie on each other', async () => {
    const page = await open({});
    for (const plot of await page.locator('figure svg').all()) {
      const boxes = await Promise.all((await plot.locator('text').all()).map((text) => text.boundingBox()));
      for (const [i, a] of boxes.entries()) {
        for (const b of boxes.slice(i + 1)) {
          if (a === null || b === null) continue;
          const apart =
            a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1 || a.y + a.height <= b.y + 2 || b.y + b.height <= a.y + 2;
          assert.ok(apart, `two labels of a plot overlap: ${JSON.stringify([a, b])}`);
        }
      }
    }
  });
});
