import com.google.api.client.auth.oauth2.ClientCredentialsTokenRequest;
import com.google.api.client.auth.oauth2.TokenResponseException;
import com.google.api.client.http.BasicAuthentication;
import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.api.client.json.GenericJson;
import com.google.api.client.json.JsonFactory;
import com.google.api.client.json.gson.GsonFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A token by Google's OAuth client library for Java. It joins the Basic pair as it is, in UTF-8. */
public final class GoogleOAuth {
    static final JsonFactory JSON = GsonFactory.getDefaultInstance();

    public static void main(String[] none) throws IOException {
        var task = JSON.fromInputStream(System.in, StandardCharsets.UTF_8, GenericJson.class);
        var url = new GenericUrl((String) task.get("token_url"));
        var request = new ClientCredentialsTokenRequest(new NetHttpTransport(), JSON, url);
        var pair = new BasicAuthentication((String) task.get("client_id"), (String) task.get("client_secret"));
        var said = new GenericJson();
        said.setFactory(JSON);
        try {
            said.put("token", request.setClientAuthentication(pair).execute().getAccessToken());
        } catch (TokenResponseException refused) {
            said.put("error", "TokenResponseException");
            said.put("code", refused.getDetails() == null ? null : refused.getDetails().getError());
        }
        System.out.println(said);
    }
}
