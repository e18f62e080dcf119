// Calls an API with Jeton's tokens, by HttpClient and Json.NET. ../README.md says what it reads and prints.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Newtonsoft.Json.Linq;

/// Why there is none.
sealed class NoToken : Exception
{
    public NoToken(string why) : base(why) { }
}

sealed class Settings
{
    public string Dialect, Url, Id, Secret, Audience, Api;

    public static Settings Read()
    {
        var file = Environment.GetEnvironmentVariable("JETON_CLIENT_SECRET_FILE");
        return new Settings
        {
            Dialect = Needed("JETON_DIALECT"),
            Url = Needed("JETON_TOKEN_URL"),
            Id = Needed("JETON_CLIENT_ID"),
            Secret = file == null ? Needed("JETON_CLIENT_SECRET") : File.ReadAllText(file).TrimEnd('\r', '\n'),
            Audience = Environment.GetEnvironmentVariable("JETON_AUDIENCE"),
            Api = Needed("API_URL"),
        };
    }

    static string Needed(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new ArgumentException("not set: " + name);
}

/// One token for all callers: whoever comes while it is fetched waits for it.
sealed class Tokens
{
    /// After a refusal, in which nobody asks again.
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    readonly HttpClient http;
    readonly Settings given;

    public Tokens(HttpClient http, Settings given)
    {
        this.http = http;
        this.given = given;
    }

    // [cache]
    readonly SemaphoreSlim alone = new SemaphoreSlim(1);
    readonly System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
    string token;
    NoToken failure;
    TimeSpan until; // Of the token or the failure, by a clock that nobody sets.

    /// The token; another one than `refused`, which an API answered with 401.
    public async Task<string> Get(string refused = null)
    {
        await alone.WaitAsync();
        try
        {
            var now = clock.Elapsed;
            if (now < until && failure != null) throw failure;
            if (now < until && token != refused) return token;
            try
            {
                var (fetched, life) = await Fetch();
                (token, failure) = (fetched, null);
                until = now + TimeSpan.FromSeconds(life - Math.Min(60, life / 5));
                return token;
            }
            catch (NoToken why)
            {
                (failure, until) = (why, now + Pause);
                throw;
            }
        }
        finally
        {
            alone.Release();
        }
    }
    // [/cache]

    // [fetch]
    /// A token, and how many seconds it lives.
    async Task<(string, double)> Fetch()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, given.Url);
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials" };
        switch (given.Dialect)
        {
            case "gateway":
                request.Headers.Authorization = Basic(given.Id, given.Secret);
                request.Headers.Add("x-tracking-id", Guid.NewGuid().ToString());
                request.Content = new FormUrlEncodedContent(form);
                break;
            case "oauth2":
                // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
                request.Headers.Authorization = Basic(WebUtility.UrlEncode(given.Id), WebUtility.UrlEncode(given.Secret));
                if (given.Audience != null) form["resource"] = given.Audience;
                request.Content = new FormUrlEncodedContent(form);
                break;
            default:
                var members = new JObject { ["clientId"] = given.Id, ["clientSecret"] = given.Secret };
                if (given.Audience != null) members["audienceUrl"] = given.Audience;
                request.Headers.Accept.ParseAdd("text/plain");
                request.Content = new StringContent(members.ToString(), Encoding.UTF8, "application/json");
                break;
        }
        HttpStatusCode status;
        string text;
        try
        {
            using (var answer = await http.SendAsync(request))
            {
                (status, text) = (answer.StatusCode, await answer.Content.ReadAsStringAsync());
            }
        }
        catch (Exception why) when (why is HttpRequestException || why is TaskCanceledException)
        {
            throw new NoToken(given.Url + ": " + (why.InnerException ?? why).Message);
        }
        if (status != HttpStatusCode.OK)
        {
            throw new NoToken((int)status + " " + text.Substring(0, Math.Min(500, text.Length)));
        }
        if (given.Dialect == "json")
        {
            // A bare token: its claims say how long it lives.
            var payload = text.Split('.')[1].Replace('-', '+').Replace('_', '/');
            var bytes = Convert.FromBase64String(payload.PadRight((payload.Length + 3) / 4 * 4, '='));
            var claims = JObject.Parse(Encoding.UTF8.GetString(bytes));
            return (text, (double)claims["exp"] - (double)claims["iat"]);
        }
        var read = JObject.Parse(text);
        return ((string)read["access_token"], (double)read["expires_in"]);
    }

    static AuthenticationHeaderValue Basic(string id, string secret) =>
        new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(id + ":" + secret)));
    // [/fetch]
}

static class Client
{
    // A redirect would carry secret and token to wherever it leads.
    static readonly HttpClient Http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    // [call]
    /// The status of the API's answer. A 401 has one new token fetched, and one call more.
    static async Task<int> Call(string api, Tokens tokens)
    {
        var token = await tokens.Get();
        var status = await Get(api, token);
        return status == 401 ? await Get(api, await tokens.Get(refused: token)) : status;
    }
    // [/call]

    static async Task<int> Get(string api, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, api);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using (var answer = await Http.SendAsync(request)) return (int)answer.StatusCode;
    }

    static int Main() => Run().GetAwaiter().GetResult();

    static async Task<int> Run()
    {
        Settings given;
        try
        {
            given = Settings.Read();
        }
        catch (Exception why) when (why is ArgumentException || why is IOException)
        {
            Console.Error.WriteLine(why.Message);
            return 2;
        }
        // The old default of two connections to a host would have callers wait for each other.
        ServicePointManager.DefaultConnectionLimit = 100;
        var tokens = new Tokens(Http, given);
        var code = 0;
        for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            try
            {
                var statuses = await Task.WhenAll(Enumerable.Range(0, int.Parse(line)).Select(_ => Call(given.Api, tokens)));
                Console.WriteLine(string.Join(" ", statuses));
                if (statuses.Any(status => status >= 300)) code = 1;
            }
            catch (NoToken why)
            {
                Console.Error.WriteLine("no token: " + why.Message);
                return 3;
            }
            catch (Exception why) when (why is HttpRequestException || why is TaskCanceledException)
            {
                Console.Error.WriteLine(given.Api + ": " + why.Message);
                return 1;
            }
        }
        return code;
    }
}
