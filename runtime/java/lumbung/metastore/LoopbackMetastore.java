package lumbung.metastore;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hadoop.hive.metastore.HiveMetaStore;
import org.apache.hadoop.hive.metastore.IHMSHandler;
import org.apache.hadoop.hive.metastore.TServerSocketKeepAlive;
import org.apache.hadoop.hive.metastore.TSetIpAddressProcessor;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.server.TServer;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;

/**
 * The Hive metastore's Thrift service on the loopback address only.
 *
 * <p>{@code HiveMetaStore.main} binds every address and has no setting against it. This is the same handler behind
 * the same processor, on a socket of our own. Usage: {@code LoopbackMetastore <port>}; the settings come from
 * hive-site.xml on the class path.
 */
public final class LoopbackMetastore {

    private static final int CLIENT_TIMEOUT_MS = (int) TimeUnit.MINUTES.toMillis(10);

    private LoopbackMetastore() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        HiveConf conf = new HiveConf(HiveMetaStore.class);
        IHMSHandler handler = HiveMetaStore.newRetryingHMSHandler(
                new HiveMetaStore.HMSHandler("metastore on PostgreSQL", conf, false), conf, true);
        TServerSocket socket = new TServerSocketKeepAlive(new TServerSocket(
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), CLIENT_TIMEOUT_MS));
        TServer server = new TThreadPoolServer(new TThreadPoolServer.Args(socket)
                .processor(new TSetIpAddressProcessor<>(handler))
                .protocolFactory(new TBinaryProtocol.Factory())
                .inputProtocolFactory(new TBinaryProtocol.Factory(true, true, 100L << 20, 100L << 20))
                .minWorkerThreads(2)
                .maxWorkerThreads(64));
        Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
        System.err.println("metastore listens on 127.0.0.1:" + port);
        server.serve();
    }
}
