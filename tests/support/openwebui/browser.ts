import { type Browser, chromium } from "playwright-core";

/** Debian's browser; playwright's own would be a download. */
const EXECUTABLE = "/usr/bin/chromium";

export interface Visit {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** the model to choose */
  readonly model: string;
  /** where the pictures of the sign-in page and of the chat page go */
  readonly signInPicture: string;
  readonly chatPicture: string;
}

/**
 * Signs in as a person does, with a real headless browser.
 * @returns what the page says of itself once it is there: its title, and the name of the chosen model
 */
export async function visit(visit: Visit): Promise<{ title: string; model: string }> {
  const browser: Browser = await chromium.launch({
    executablePath: EXECUTABLE,
    // Chromium refuses its sandbox to root, and a container has no large /dev/shm.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${visit.url}/auth`);
    await page.locator('input[type="email"]').fill(visit.email);
    await page.locator('input[type="password"]').fill(visit.password);
    await page.screenshot({ path: visit.signInPicture });
    await page.keyboard.press("Enter");
    const chooser = page.locator('button[id^="model-selector"]').first();
    await chooser.waitFor({ timeout: 60_000 });
    // What a first visit shows before the page itself.
    const welcome = page.getByRole("button", { name: /Okay, Let's Go!/ });
    if (await welcome.isVisible()) await welcome.click();
    await page.goto(`${visit.url}/?models=${encodeURIComponent(visit.model)}`);
    await chooser.filter({ hasText: visit.model }).waitFor({ timeout: 60_000 });
    await page.screenshot({ path: visit.chatPicture });
    return { title: await page.title(), model: ((await chooser.textContent()) ?? "").trim() };
  } finally {
    await browser.close();
  }
}
