import { type IncomingMessage, request } from "node:http";

/** Open WebUI's own API, as its pages use it. Source: backend/open_webui/routers of open-webui. */
export class OpenWebui {
  readonly #url: string;
  #token = "";

  constructor(url: string) {
    this.#url = url;
  }

  /** Signs in; what is asked afterwards is asked as this user. */
  async signIn(email: string, password: string): Promise<string> {
    const { token } = await this.#call<{ token: string }>("POST", "/api/v1/auths/signin", {
      email,
      password,
    });
    this.#token = token;
    return token;
  }

  /** Goes on with a token of an earlier sign-in. */
  resume(token: string): void {
    this.#token = token;
  }

  /** Who is signed in. */
  async user(): Promise<{ email: string; role: string }> {
    return this.#call("GET", "/api/v1/auths/");
  }

  async addUser(name: string, email: string, password: string): Promise<void> {
    await this.#call("POST", "/api/v1/auths/add", { name, email, password, role: "user" });
  }

  async models(): Promise<string[]> {
    const { data } = await this.#call<{ data: { id: string }[] }>("GET", "/api/models");
    return data.map(({ id }) => id);
  }

  /** @returns number of generated tokens and their text */
  async complete(model: string): Promise<{ tokens: number; text: string }> {
    const answer = await this.#call<{
      usage?: { completion_tokens?: number };
      choices: { message: { content: string } }[];
    }>("POST", "/api/chat/completions", {
      model,
      messages: [{ role: "user", content: "hello" }],
      stream: false,
      max_tokens: 8,
    });
    return {
      tokens: answer.usage?.completion_tokens ?? 0,
      text: answer.choices[0]?.message.content ?? "",
    };
  }

  /** @returns the new chat's id */
  async saveChat(title: string): Promise<string> {
    const question = { id: "1", role: "user", content: "hello", parentId: null, childrenIds: [] };
    const chat = {
      title,
      models: ["tiny:latest"],
      messages: [question],
      history: { currentId: "1", messages: { "1": question } },
    };
    return (await this.#call<{ id: string }>("POST", "/api/v1/chats/new", { chat })).id;
  }

  async chatTitle(id: string): Promise<string> {
    return (await this.#call<{ title: string }>("GET", `/api/v1/chats/${id}`)).title;
  }

  /** What its pages are told before anybody signs in. */
  async config(): Promise<{ name: string; features: { enable_signup: boolean } }> {
    return this.#call("GET", "/api/config");
  }

  /** Status of an attempt to make an account for oneself. */
  async signUp(email: string): Promise<number> {
    const response = await this.#send("POST", "/api/v1/auths/signup", {
      name: "Somebody",
      email,
      password: "a password of theirs",
    });
    await response.body?.cancel();
    return response.status;
  }

  /** Status of a web socket that a page of this origin opens, as every chat does: 101 where it is let in. */
  async socket(origin: string): Promise<number> {
    const sent = request(`${this.#url}/ws/socket.io/?EIO=4&transport=websocket`, {
      agent: false,
      headers: {
        origin,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      },
    });
    return new Promise((resolve, reject) => {
      sent.on("error", reject);
      const settle = ({ statusCode = 0 }: IncomingMessage) => {
        sent.destroy();
        resolve(statusCode);
      };
      sent.on("upgrade", settle);
      sent.on("response", settle);
      sent.end();
    });
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.#send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  }

  #send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
